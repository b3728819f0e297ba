-- How many sessions have not expired.
return redis.call('ZCOUNT', KEYS[1], '(' .. now, '+inf')
