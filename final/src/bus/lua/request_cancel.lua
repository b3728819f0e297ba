-- ARGV[6] and [7]: the id of a call, and why it is not wanted any more. ARGV[8]: the
-- channel of all nodes: a call that is not a stream yet is known to its node only.
local stream = redis.call('HGET', KEYS[3], 'call:' .. ARGV[6])
if not stream then
  redis.call('PUBLISH', ARGV[8],
    ARGV[3] .. ' cancel ' .. ARGV[5] .. ' ' .. ARGV[6])
  return { used(), owner, 0 }
end
redis.call('HSET', KEYS[3], 'cancelled:' .. stream, ARGV[7])
local call = redis.call('HGET', KEYS[3], 'stream:' .. stream)
redis.call('PUBLISH', ARGV[4] .. string.match(call, '^%S+'), ARGV[5] .. ' look')
return { used(), owner, 1 }
