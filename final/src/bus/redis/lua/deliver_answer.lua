-- Leaves the answer to a question for the node that has asked it. The first one counts.
local asked = redis.call('HGET', calls, 'question:' .. question)
if not asked or redis.call('HSETNX', calls, 'answer:' .. question, answer) == 0 then
  return { touch(), owner, 0 }
end
publish(string.match(asked, '^%S+'), 'look')
return { touch(), owner, 1 }
