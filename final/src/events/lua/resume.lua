-- ARGV[9] and [10]: a stream, and its entry that the client has seen last. Returns
-- whether and how it goes on, the node that runs the call and the call's id, and
-- for the GET stream the number of the hold.
evict()
local stream, entry = ARGV[9], ARGV[10]
local seen = redis.call('XRANGE', KEYS[4], entry, entry)[1]

-- An entry may have been evicted and nothing after it: then nothing is missed.
local function is_next_to_what_is_kept()
  if redis.call('HGET', KEYS[3], 'last:' .. stream) == entry then return true end
  for _, kept in ipairs(redis.call('XRANGE', KEYS[4], '-', '+')) do
    local fields = kept[2]
    if fields[2] == stream and fields[4] ~= 'opening' and fields[8] == entry then
      return true
    end
  end
end
if not (seen and seen[2][2] == stream) and not is_next_to_what_is_kept() then
  return { 0, owner, { 'unknown', '', '', 0 } }
end
if string.sub(stream, 1, 1) == 'g' then
  local value = redis.call('HGET', KEYS[1], 'listener') or ''
  if string.match(value, '^%S+') ~= stream then
    return { 0, owner, { 'replaced', '', '', 0 } }
  end
  local _, holder = listener()
  wake(holder, stream, 'claimed')
  return { used(), owner, { 'open', '', '', listen(stream) } }
end
local runner, call = running(stream)
if runner then
  wake(redis.call('HGET', KEYS[3], 'reader:' .. stream), stream, 'claimed')
  redis.call('HSET', KEYS[3], 'reader:' .. stream, node)
  return { used(), owner, { 'open', runner, call, 0 } }
end
-- The call has ended. Is there anything to tell?
for _, later in ipairs(redis.call('XRANGE', KEYS[4], '(' .. entry, '+')) do
  if later[2][2] == stream and later[2][6] ~= '' then
    return { used(), owner, { 'open', '', '', 0 } }
  end
end
return { 0, owner, { 'over', '', '', 0 } }
