-- ARGV[3]: how many requests. ARGV[4]: the node that is visited.
local previous = redis.call('HGET', KEYS[1], 'node')
redis.call('HINCRBY', KEYS[1], 'requests', ARGV[3])
if previous ~= ARGV[4] then redis.call('HSET', KEYS[1], 'node', ARGV[4]) end
local refresh = used(true)
return { refresh, owner, { previous or '', redis.call('HGETALL', KEYS[1]) } }
