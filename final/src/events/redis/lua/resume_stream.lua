-- Resumes a stream on this node, after the entry that the client has seen last. Returns
-- whether and how it continues, the node that runs the call, the call's id and the
-- attempt at it, and for the GET stream the number of the lease. The cost is a few
-- look-ups, whatever entry the client names.
evict()
local seen = redis.call('XRANGE', events, entry, entry)[1]
seen = seen and read_entry(seen)
local kind = seen and seen.stream == stream and seen.kind
-- If an entry was evicted, but nothing after it, the client has missed nothing.
if not kind and redis.call('HGET', calls, 'last:' .. stream) ~= entry
    and redis.call('HGET', calls, 'evicted:' .. stream) ~= entry then
  return { 0, owner, { 'unknown', '', '', '', 0 } }
end
if string.sub(stream, 1, 1) == 'g' then
  local current, holder = get_stream()
  if current ~= stream then
    return { 0, owner, { 'replaced', '', '', '', 0 } }
  end
  take_over(holder, stream)
  return { touch(), owner, { 'open', '', '', '', lease_get_stream(stream) } }
end
local runner, call = runner_of(stream)
if runner then
  take_over(reader_of(stream), stream)
  redis.call('HSET', calls, 'reader:' .. stream, node)
  return { touch(), owner, { 'open', runner, call, attempt_of(stream), 0 } }
end
-- The call has ended. Its end follows, unless the client has seen it, and has a message
-- unless this was the last one before a silent end.
if kind == 'end' or redis.call('HGET', calls, 'silent:' .. stream) == entry then
  return { 0, owner, { 'over', '', '', '', 0 } }
end
return { touch(), owner, { 'open', '', '', '', 0 } }
