-- ARGV[9] and [10]: a stream, and its entry that the client has seen last. Returns
-- whether and how it goes on, the node that runs the call, the call's id and the
-- attempt at it, and for the GET stream the number of the hold. Whatever the client
-- claims to have seen, this is a few look-ups.
evict()
local stream, entry = ARGV[9], ARGV[10]
local seen = redis.call('XRANGE', KEYS[4], entry, entry)[1]
local kind = seen and seen[2][2] == stream and seen[2][4]
-- An entry may have been evicted and nothing after it: then nothing is missed.
if not kind and redis.call('HGET', KEYS[3], 'last:' .. stream) ~= entry
    and redis.call('HGET', KEYS[3], 'evicted:' .. stream) ~= entry then
  return { 0, owner, { 'unknown', '', '', '', 0 } }
end
if string.sub(stream, 1, 1) == 'g' then
  local value = redis.call('HGET', KEYS[1], 'listener') or ''
  if string.match(value, '^%S+') ~= stream then
    return { 0, owner, { 'replaced', '', '', '', 0 } }
  end
  local _, holder = listener()
  wake(holder, stream, 'claimed')
  return { used(), owner, { 'open', '', '', '', listen(stream) } }
end
local runner, call = running(stream)
if runner then
  wake(redis.call('HGET', KEYS[3], 'reader:' .. stream), stream, 'claimed')
  redis.call('HSET', KEYS[3], 'reader:' .. stream, node)
  return { used(), owner, { 'open', runner, call, attempt_of(stream), 0 } }
end
-- The call has ended. Is there anything to tell? Its end follows, unless it was
-- seen, and has a message unless this was the last one before a silent end.
if kind == 'end' or redis.call('HGET', KEYS[3], 'silent:' .. stream) == entry then
  return { 0, owner, { 'over', '', '', '', 0 } }
end
return { used(), owner, { 'open', '', '', '', 0 } }
