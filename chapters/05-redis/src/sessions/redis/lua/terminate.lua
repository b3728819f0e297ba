-- Deletes all keys of the session.
return redis.call('UNLINK', unpack(KEYS))
