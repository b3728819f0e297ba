-- ARGV[9] and [10]: a stream, and its entry that the client has seen last. Returns
-- whether and how it goes on, the node that runs the call, and the call's id.
evict()
local stream = ARGV[9]
local seen = redis.call('XRANGE', KEYS[4], ARGV[10], ARGV[10])[1]
if not seen or seen[2][2] ~= stream then
  return { 0, owner, { 'unknown', '', '' } }
end
if string.sub(stream, 1, 1) == 'g' then
  local current, holder = listener()
  if current ~= stream then return { 0, owner, { 'replaced', '', '' } } end
  listen(stream)
  wake(holder, stream)
  return { used(), owner, { 'open', '', '' } }
end
if seen[2][4] == 'end' then return { 0, owner, { 'over', '', '' } } end
local runner, call = running(stream)
if not runner then return { used(), owner, { 'open', '', '' } } end
wake(redis.call('HGET', KEYS[3], 'reader:' .. stream), stream)
redis.call('HSET', KEYS[3], 'reader:' .. stream, node)
return { used(), owner, { 'open', runner, call } }
