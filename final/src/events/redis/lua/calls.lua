-- Reads what the hash `calls` has of a running call, under the name of its stream.

-- Returns the node that runs the call, and the call's id.
local function runner_of(stream)
  local value = redis.call('HGET', calls, 'stream:' .. stream)
  return string.match(value or '', '^(%S+) (.*)$')
end

-- Returns the attempt to which the stream belongs; '' if an older node has opened it.
local function attempt_of(stream)
  return redis.call('HGET', calls, 'attempt:' .. stream) or ''
end

-- Returns the node that has the reader of the stream.
local function reader_of(stream)
  return redis.call('HGET', calls, 'reader:' .. stream)
end

-- Returns the stream of a call.
local function stream_of(call)
  return redis.call('HGET', calls, 'call:' .. call)
end

