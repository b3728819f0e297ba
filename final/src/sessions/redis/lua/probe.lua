-- Proves that a session could be written, and counts those that are alive. KEYS[1] is
-- the index, KEYS[2] a key that nobody reads. ARGV: for how many ms that key lives,
-- and the time, or '' if the node does not know it.
local now = ARGV[2]
if now == '' then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
redis.call('SET', KEYS[2], '', 'PX', ARGV[1])
return { tonumber(now), redis.call('ZCOUNT', KEYS[1], '(' .. now, '+inf') }
