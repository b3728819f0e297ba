-- Opens a GET stream in place of an older one, because a message is sent on one stream
-- only. Appends to it the messages that were not read on the older one, because a
-- client that has seen none of them could not resume after them.
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
local lease = lease_get_stream(stream)
redis.call('HSET', calls, 'read', opening)
return { touch(), owner, { stream, opening, lease } }
