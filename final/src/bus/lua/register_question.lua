-- ARGV[6] and [7]: the id of a question that this node asks, and of the call for
-- which it does.
redis.call('HSET', KEYS[3], 'question:' .. ARGV[6], ARGV[3] .. ' ' .. ARGV[7])
return { used(), owner, 1 }
