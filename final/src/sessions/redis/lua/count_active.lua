-- How many sessions of the index have not expired.
return redis.call('ZCOUNT', KEYS[1], '(' .. now, '+inf')
