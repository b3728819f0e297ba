-- Returns how many sessions of the index have not expired.
return redis.call('ZCOUNT', index, '(' .. now, '+inf')
