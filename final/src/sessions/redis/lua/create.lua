-- Stores a record, which has these fields and values.
redis.call('HSET', record, 'schema', newest_schema,
  'created', now, 'last_activity', now, 'indexed', now, unpack(fields))
redis.call('PEXPIRE', record, timeout)
return 1
