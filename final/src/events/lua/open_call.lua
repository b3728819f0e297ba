-- ARGV[9]: the id of the call. Its stream begins with an entry, so that there is
-- a place to go on after. Of a call with the same id that is still running, this
-- returns the stream and the node. If that is this node, the answer to an earlier
-- attempt was lost, and the stream is the one that is asked for.
local taken = redis.call('HGET', KEYS[3], 'call:' .. ARGV[9])
if taken then
  local opening = redis.call('HGET', KEYS[3], 'last:' .. taken)
  return { used(), owner, { taken, opening, (running(taken)) } }
end
local stream = 'c' .. redis.call('HINCRBY', KEYS[1], 'streams', 1)
redis.call('HSET', KEYS[3],
  'call:' .. ARGV[9], stream,
  'stream:' .. stream, node .. ' ' .. ARGV[9],
  'reader:' .. stream, node)
local opening = append(stream, 'opening', { '' })
return { used(), owner, { stream, opening, node } }
