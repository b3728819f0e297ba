-- ARGV[9]: the number of a hold of the GET stream whose reader has left. A newer
-- hold is left alone.
local stream, holder, hold = listener()
if hold == ARGV[9] then redis.call('HSET', KEYS[1], 'listener', stream) end
return { 0, owner, 1 }
