-- Returns the time, and at most `limit` sessions that should have expired by now.
return { now,
  redis.call('ZRANGEBYSCORE', index, '-inf', now, 'LIMIT', 0, limit) }
