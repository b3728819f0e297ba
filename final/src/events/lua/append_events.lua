-- ARGV[9] and [10]: the stream of a call that this node runs, and the attempt to
-- which it belongs. ARGV[11]: a number that grows with every batch, so that one that
-- is sent twice is appended once. The others: messages.
if running(ARGV[9]) ~= node or attempt_of(ARGV[9]) ~= ARGV[10] then
  return { used(), owner, 0 }
end
local batch = 'batch:' .. ARGV[9]
if tonumber(redis.call('HGET', KEYS[3], batch) or 0) < tonumber(ARGV[11]) then
  append(ARGV[9], 'message', { unpack(ARGV, 12) })
  redis.call('HSET', KEYS[3], batch, ARGV[11])
  wake(redis.call('HGET', KEYS[3], 'reader:' .. ARGV[9]), ARGV[9])
end
return { used(), owner, 1 }
