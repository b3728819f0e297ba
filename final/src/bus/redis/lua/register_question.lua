-- Registers a question that this node asks for a call.
redis.call('HSET', calls, 'question:' .. question, node .. ' ' .. call)
return { touch(), owner, 1 }
