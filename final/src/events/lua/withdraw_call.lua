-- ARGV[9] and [10]: the id of a call, and an attempt at it that was not confirmed.
-- ARGV[11]: how many attempts to remember that have not arrived.
local stream = redis.call('HGET', KEYS[3], 'call:' .. ARGV[9])
if stream and attempt_of(stream) == ARGV[10] then
  finish(stream, '')
  return { used(), owner, 1 }
end
local withdrawn = redis.call('HGET', KEYS[3], 'withdrawn') or ''
if not string.find(withdrawn, ARGV[10], 1, true) then
  withdrawn = withdrawn .. ARGV[10] .. ' '
  redis.call('HSET', KEYS[3], 'withdrawn',
    string.sub(withdrawn, -(#ARGV[10] + 1) * ARGV[11]))
end
return { used(), owner, 0 }
