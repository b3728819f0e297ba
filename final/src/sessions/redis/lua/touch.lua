-- Counts `requests`. Returns the node of the last request, and the record.
local previous = redis.call('HGET', record, 'node')
redis.call('HINCRBY', record, 'requests', requests)
if previous ~= node then redis.call('HSET', record, 'node', node) end
local refresh = touch(true)
return { refresh, owner, { previous or '', redis.call('HGETALL', record) } }
