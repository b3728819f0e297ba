-- A message goes to one stream, so the new one takes the place of the old one.
local old, holder = listener()
local stream = 'g' .. redis.call('HINCRBY', KEYS[1], 'streams', 1)
local opening = append(stream, 'opening', '')
listen(stream)
if old then redis.call('HDEL', KEYS[3], 'last:' .. old) end
wake(holder, old)
return { used(), owner, { stream, opening } }
