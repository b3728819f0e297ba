-- ARGV[3]: how many entries to keep. The others: new entries, at least one.
redis.call('RPUSH', KEYS[2], unpack(ARGV, 4))
redis.call('LTRIM', KEYS[2], -ARGV[3], -1)
redis.call('HINCRBY', KEYS[1], 'recorded', #ARGV - 3)
return { used(), owner, 1 }
