-- ARGV[6] and [7]: the id of a question, and its answer. The first one counts.
local asked = redis.call('HGET', KEYS[3], 'question:' .. ARGV[6])
if not asked or redis.call('HSETNX', KEYS[3], 'answer:' .. ARGV[6], ARGV[7]) == 0 then
  return { used(), owner, 0 }
end
redis.call('PUBLISH', ARGV[4] .. string.match(asked, '^%S+'), ARGV[5] .. ' look')
return { used(), owner, 1 }
