-- ARGV[9]: a GET stream whose reader has left. Another one is left alone.
local stream, holder = listener()
if stream == ARGV[9] and holder == node then
  redis.call('HSET', KEYS[1], 'listener', stream .. ' ')
end
return { 0, owner, 1 }
