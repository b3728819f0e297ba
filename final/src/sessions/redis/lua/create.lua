-- ARGV: the timeout in ms, then the record's fields and values.
redis.call('HSET', KEYS[1], 'created', now, 'last_activity', now, 'indexed', now,
  unpack(ARGV, 2))
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return 1
