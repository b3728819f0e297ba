-- Appends messages to the stream of a call that this node runs for this attempt. The
-- number of a batch grows, so that one that is sent twice is appended once.
if runner_of(stream) ~= node or attempt_of(stream) ~= attempt then
  return { touch(), owner, 0 }
end
local field = 'batch:' .. stream
if tonumber(redis.call('HGET', calls, field) or 0) < tonumber(batch) then
  append(stream, 'message', messages)
  redis.call('HSET', calls, field, batch)
  wake(reader_of(stream), stream)
end
return { touch(), owner, 1 }
