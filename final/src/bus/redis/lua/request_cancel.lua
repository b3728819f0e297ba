-- Asks the node that runs a call to cancel it. A call that is not a stream yet is known
-- to its own node only, so all nodes are asked.
local stream = stream_of(call)
if not stream then
  redis.call('PUBLISH', broadcast_channel,
    node .. ' cancel ' .. session .. ' ' .. call)
  return { touch(), owner, 0 }
end
redis.call('HSET', calls, 'cancelled:' .. stream, reason)
publish(runner_of(stream), 'look')
return { touch(), owner, 1 }
