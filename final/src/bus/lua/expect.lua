-- ARGV[6]: the id of a question that this node asks.
redis.call('HSET', KEYS[3], 'question:' .. ARGV[6], ARGV[3])
return { used(), owner, 1 }
