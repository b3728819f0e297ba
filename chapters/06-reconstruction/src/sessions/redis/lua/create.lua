-- Stores a record, which has these fields and values. Returns when the session
-- expires.
redis.call('HSET', record, 'schema', newest_schema,
  'created', now, 'last_activity', now, unpack(fields))
redis.call('PEXPIRE', record, timeout)
return now + timeout
