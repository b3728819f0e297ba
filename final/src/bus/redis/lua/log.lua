-- Defines the functions with which the event log reaches other nodes. They publish
-- nothing to this node, because the caller knows already.

local function wake(holder, stream)
  if holder and holder ~= node then publish(holder, 'read ' .. stream) end
end

local function take_over(holder, stream)
  if holder and holder ~= node then publish(holder, 'claimed ' .. stream) end
end

-- Withdraws the questions of a call of another node, which is dead. A node withdraws
-- its own questions itself, because the id may belong to another call by now.
local function forget_call(stream, runner, call)
  redis.call('HDEL', calls, 'cancelled:' .. stream)
  if runner == node then return end
  for name, value in pairs(by_name(redis.call('HGETALL', calls))) do
    local question = string.match(name, '^question:(.*)$')
    if question and value == runner .. ' ' .. call then
      redis.call('HDEL', calls, name, 'answer:' .. question)
    end
  end
end

