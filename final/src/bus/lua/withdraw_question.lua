-- ARGV[6]: the id of a question whose answer is not waited for any more.
redis.call('HDEL', KEYS[3], 'question:' .. ARGV[6], 'answer:' .. ARGV[6])
return { 0, owner, 1 }
