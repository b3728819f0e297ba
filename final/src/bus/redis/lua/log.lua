-- What the event log needs of other nodes. Where the holder is this node, the caller
-- knows already.

local function wake(holder, stream)
  if holder and holder ~= node then publish(holder, 'read ' .. stream) end
end

local function take_over(holder, stream)
  if holder and holder ~= node then publish(holder, 'claimed ' .. stream) end
end

-- The questions of a call are withdrawn by its own node, unless that is dead: by now
-- the id may belong to another call there.
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

