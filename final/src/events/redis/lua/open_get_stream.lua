-- Opens a GET stream in the place of an older one, because a message goes to one stream
-- only. What was appended to the older one and not read from the log yet is appended to
-- the new one: a client that has seen nothing of it could not ask for it.
local old, holder = get_stream()
local stream = 'g' .. redis.call('HINCRBY', record, 'streams', 1)
local opening = append(stream, 'opening', { '' })
if old then
  local unread, read = {}, redis.call('HGET', calls, 'read') or '0-0'
  for _, entry in ipairs(redis.call('XRANGE', events, '(' .. read, '+')) do
    entry = read_entry(entry)
    if entry.stream == old and entry.kind == 'message' then
      table.insert(unread, entry.message)
    end
  end
  if #unread > 0 then append(stream, 'message', unread) end
  redis.call('HDEL', calls, 'last:' .. old, 'evicted:' .. old)
  take_over(holder, old)
end
local hold = hold_get_stream(stream)
redis.call('HSET', calls, 'read', opening)
return { touch(), owner, { stream, opening, hold } }
