-- ARGV[9] and [10]: the id of a call, and this attempt at it. Its stream begins with
-- an entry, so that there is a place to go on after. Returns the stream and that
-- entry. If another attempt has the id, returns its stream, no entry, its node and
-- its name; if this attempt was withdrawn, nothing.
local withdrawn = redis.call('HGET', KEYS[3], 'withdrawn') or ''
if string.find(withdrawn, ARGV[10], 1, true) then
  return { used(), owner, { '', '', '', '' } }
end
local taken = redis.call('HGET', KEYS[3], 'call:' .. ARGV[9])
if taken then
  local attempt = attempt_of(taken)
  if attempt == ARGV[10] then
    local opening = redis.call('HGET', KEYS[3], 'last:' .. taken)
    return { used(), owner, { taken, opening, '', '' } }
  end
  return { used(), owner, { taken, '', (running(taken)), attempt } }
end
local stream = 'c' .. redis.call('HINCRBY', KEYS[1], 'streams', 1)
redis.call('HSET', KEYS[3],
  'call:' .. ARGV[9], stream,
  'stream:' .. stream, node .. ' ' .. ARGV[9],
  'attempt:' .. stream, ARGV[10],
  'reader:' .. stream, node)
local opening = append(stream, 'opening', { '' })
return { used(), owner, { stream, opening, '', '' } }
