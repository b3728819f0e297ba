-- All that there is of the session goes at once.
return redis.call('UNLINK', unpack(KEYS))
