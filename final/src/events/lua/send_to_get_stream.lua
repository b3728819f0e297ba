-- ARGV[9]: a resource that the session must be subscribed to, if not empty.
-- ARGV[10]: a message for the GET stream; while none is held it waits, once.
-- ARGV[11]: how many may wait. Not activity: others may have caused it.
if ARGV[9] ~= '' and redis.call('HEXISTS', KEYS[1], 'sub:' .. ARGV[9]) == 0 then
  return { 0, owner, 0 }
end
local stream, holder = listener()
if holder then
  append(stream, 'message', { ARGV[10] })
  wake(holder, stream)
elseif not redis.call('LPOS', KEYS[5], ARGV[10]) then
  redis.call('RPUSH', KEYS[5], ARGV[10])
  redis.call('LTRIM', KEYS[5], -ARGV[11], -1)
end
lasts()
return { 0, owner, 1 }
