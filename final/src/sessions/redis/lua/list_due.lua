-- The time, and up to ARGV[1] sessions that should have expired by now.
return { now,
  redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ARGV[1]) }
