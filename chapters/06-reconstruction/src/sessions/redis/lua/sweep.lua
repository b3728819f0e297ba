-- Takes what has expired off the index. Returns how many sessions that were.
return redis.call('ZREMRANGEBYSCORE', index, '-inf', now)
