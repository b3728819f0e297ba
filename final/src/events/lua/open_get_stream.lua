-- A message goes to one stream, so the new one takes the place of the old one. What
-- was said on the old one and not read from the log yet is said on the new one: a
-- client that has seen nothing of it could not ask for it.
local old, holder = listener()
if not old then
  old = string.match(redis.call('HGET', KEYS[1], 'listener') or '', '^%S+')
end
local stream = 'g' .. redis.call('HINCRBY', KEYS[1], 'streams', 1)
local opening = append(stream, 'opening', { '' })
if old then
  local unread, read = {}, redis.call('HGET', KEYS[3], 'read') or '0-0'
  for _, entry in ipairs(redis.call('XRANGE', KEYS[4], '(' .. read, '+')) do
    if entry[2][2] == old and entry[2][4] == 'message' then
      table.insert(unread, entry[2][6])
    end
  end
  if #unread > 0 then append(stream, 'message', unread) end
  redis.call('HDEL', KEYS[3], 'last:' .. old, 'evicted:' .. old)
  wake(holder, old, 'claimed')
end
local hold = listen(stream)
redis.call('HSET', KEYS[3], 'read', opening)
return { used(), owner, { stream, opening, hold } }
