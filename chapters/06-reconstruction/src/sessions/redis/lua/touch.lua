-- Counts `requests`. Returns the node of the last request, and the record.
local previous = redis.call('HGET', record, 'node')
redis.call('HINCRBY', record, 'requests', requests)
local expiry = touch('node', node)
return { expiry, { previous or '', redis.call('HGETALL', record) } }
