-- ARGV[9] and [10]: a stream, and the entry of the log after which to read on.
-- ARGV[11] and [12]: how many entries to look at, and how many bytes to return.
-- Returns who reads the stream now ('here', 'elsewhere', 'replaced' by a newer GET
-- stream, or 'nobody' because it has ended), the last entry that was looked at, whether there are more,
-- and what was found.
local stream, found, bytes = ARGV[9], {}, 0
local holder = redis.call('HGET', KEYS[3], 'reader:' .. stream)
local listens, is_replaced = string.sub(stream, 1, 1) == 'g', false
if listens then
  local current, held_by = listener()
  holder = current == stream and held_by
  local newest = string.match(redis.call('HGET', KEYS[1], 'listener') or '', '^g(%d+)')
  is_replaced = tonumber(newest or 0) > tonumber(string.sub(stream, 2))
end
local entries = redis.call('XRANGE', KEYS[4], '(' .. ARGV[10], '+', 'COUNT', ARGV[11])
local last, more = ARGV[10], #entries == tonumber(ARGV[11])
for _, entry in ipairs(entries) do
  local fields = entry[2]
  if fields[2] == stream then
    if bytes > 0 and bytes + #fields[6] > tonumber(ARGV[12]) then
      more = true
      break
    end
    bytes = bytes + #fields[6]
    table.insert(found, { entry[1], fields[8], fields[4], fields[6] })
  end
  last = entry[1]
end
if listens and holder == node then redis.call('HSET', KEYS[3], 'read', last) end
local reader = is_replaced and 'replaced' or 'nobody'
if holder then reader = holder == node and 'here' or 'elsewhere' end
return { 0, owner, { reader, last, more and 1 or 0, found } }
