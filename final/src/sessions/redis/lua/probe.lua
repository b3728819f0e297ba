-- Writes a key that no node reads, to prove that a session could be written.
-- Returns the time, which is '' if the node does not know it, and how many sessions
-- are active.
local now = time
if now == '' then
  local read = redis.call('TIME')
  now = read[1] * 1000 + math.floor(read[2] / 1000)
end
redis.call('SET', probe, '', 'PX', lifetime)
return { tonumber(now), redis.call('ZCOUNT', index, '(' .. now, '+inf') }
