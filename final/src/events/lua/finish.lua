-- ARGV[9]: the stream of a call. ARGV[10]: the node that runs it, as far as the
-- caller knows: whoever is wrong about that has lost and says nothing. ARGV[11]:
-- the answer, empty if there is none.
local stream = ARGV[9]
local runner, call = running(stream)
if runner ~= ARGV[10] then return { used(), owner, 0 } end
append(stream, 'end', { ARGV[11] })
wake(redis.call('HGET', KEYS[3], 'reader:' .. stream), stream)
redis.call('HDEL', KEYS[3], 'call:' .. call, 'stream:' .. stream, 'last:' .. stream,
  'reader:' .. stream, 'batch:' .. stream, 'cancelled:' .. stream)
-- What the call has asked is of no interest any more.
local fields = redis.call('HGETALL', KEYS[3])
for at = 1, #fields, 2 do
  local question = string.match(fields[at], '^question:(.*)$')
  if question and fields[at + 1] == runner .. ' ' .. call then
    redis.call('HDEL', KEYS[3], fields[at], 'answer:' .. question)
  end
end
return { used(), owner, 1 }
