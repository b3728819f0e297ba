-- Takes what has expired off the index. Returns how many sessions that were.
return redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
