-- Reads a stream after an entry of the log: at most `page_entries` entries and
-- `page_bytes` bytes. Returns who reads the stream now ('here', 'elsewhere', 'replaced'
-- by a newer GET stream, or 'none' because it has ended), the last entry that was
-- examined, whether there are more, and the entries of the stream.
local holder, is_replaced = reader_of(stream), false
local is_get_stream = string.sub(stream, 1, 1) == 'g'
if is_get_stream then
  local current, held_by = get_stream()
  holder = current == stream and held_by
  local newest = string.match(current or '', '^g(%d+)')
  is_replaced = tonumber(newest or 0) > tonumber(string.sub(stream, 2))
end
local entries = redis.call('XRANGE', events, '(' .. after, '+', 'COUNT', page_entries)
local found, bytes, last, more = {}, 0, after, #entries == page_entries
for _, entry in ipairs(entries) do
  entry = read_entry(entry)
  if entry.stream == stream then
    if bytes > 0 and bytes + #entry.message > page_bytes then
      more = true
      break
    end
    bytes = bytes + #entry.message
    table.insert(found, { entry.id, entry.previous, entry.kind, entry.message })
  end
  last = entry.id
end
if is_get_stream and holder == node then redis.call('HSET', calls, 'read', last) end
local reader = is_replaced and 'replaced' or 'none'
if holder then reader = holder == node and 'here' or 'elsewhere' end
return { 0, owner, { reader, last, more and 1 or 0, found } }
