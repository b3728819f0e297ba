-- ARGV[1]: the timeout in ms. Returns when the session expires.
redis.call('HSET', KEYS[1], 'created', now)
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return now + ARGV[1]
