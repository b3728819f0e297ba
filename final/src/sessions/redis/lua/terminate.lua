redis.call('UNLINK', unpack(KEYS))
return owner
