-- Collects the nodes that read a stream of the session that ends, or run a call of it.
local holders, ended = {}, by_name(redis.call('HGETALL', calls))

-- Adds the node with which this value begins.
local function add_holder(value)
  local holder = string.match(value, '^%S+')
  if holder then holders[holder] = true end
end

for name, value in pairs(ended) do
  local kind = string.match(name, '^(%l+):')
  if kind == 'stream' or kind == 'reader' then add_holder(value) end
end
local get_stream = redis.call('HGET', record, 'listener') or ''
add_holder(string.match(get_stream, '^%S+ (.*)$') or '')
