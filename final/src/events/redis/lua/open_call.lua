-- Opens the stream of a call for an attempt at it. The stream begins with an entry, so
-- that there is a place to resume after. Returns the stream and that entry. If another
-- attempt has the id of the call, returns its stream, no entry, its node and its name;
-- if this attempt was withdrawn, nothing.
local withdrawn = redis.call('HGET', calls, 'withdrawn') or ''
if string.find(withdrawn, attempt, 1, true) then
  return { touch(), owner, { '', '', '', '' } }
end
local taken = stream_of(call)
if taken then
  local other = attempt_of(taken)
  if other == attempt then
    local opening = redis.call('HGET', calls, 'last:' .. taken)
    return { touch(), owner, { taken, opening, '', '' } }
  end
  return { touch(), owner, { taken, '', (runner_of(taken)), other } }
end
local stream = 'c' .. redis.call('HINCRBY', record, 'streams', 1)
redis.call('HSET', calls,
  'call:' .. call, stream,
  'stream:' .. stream, node .. ' ' .. call,
  'attempt:' .. stream, attempt,
  'reader:' .. stream, node)
local opening = append(stream, 'opening', { '' })
return { touch(), owner, { stream, opening, '', '' } }
