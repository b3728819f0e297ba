-- Begins every script of the event log. The module that reaches other nodes has defined
-- before: `wake(holder, stream)` makes the node that reads a stream read on, and
-- `take_over(holder, stream)` reports that another reader has the stream now. A holder
-- that does not exist is nil. `forget_call(stream, runner, call)` removes the data that
-- other nodes have left for a call.

-- Returns an entry of the log by the names of its fields, and its `id`.
local function read_entry(entry)
  local fields = by_name(entry[2])
  fields.id = entry[1]
  return fields
end

-- Keeps the id of the last evicted entry of each stream that can be resumed there:
-- it is looked up, because the log is too long to be searched.
local function note_evicted(entry)
  local stream = entry.stream
  if entry.kind == 'end' then
    redis.call('HDEL', calls, 'evicted:' .. stream, 'silent:' .. stream)
  elseif string.sub(stream, 1, 1) == 'c'
      or redis.call('HEXISTS', calls, 'last:' .. stream) == 1 then
    redis.call('HSET', calls, 'evicted:' .. stream, entry.id)
  end
end

-- Evicts the oldest entries beyond the bounds, but never the newest entry: one
-- that is too large for the log still has to reach its reader.
local function evict()
  local bytes = tonumber(redis.call('HGET', record, 'log_bytes') or 0)
  for count = redis.call('XLEN', events), 2, -1 do
    local oldest = read_entry(
      redis.call('XRANGE', events, '-', '+', 'COUNT', 1)[1])
    local age = now - string.match(oldest.id, '^%d+')
    if count <= max_entries and bytes <= max_bytes and age <= max_age then
      return
    end
    redis.call('XDEL', events, oldest.id)
    note_evicted(oldest)
    -- Not the negative length: that of an empty message would be '-0'.
    bytes = redis.call('HINCRBY', record, 'log_bytes', 0 - #oldest.message)
  end
end

-- Appends entries of one kind ('opening', 'message' or 'end') and returns the id of
-- the last one. An entry names the one before it on its stream, so that a reader
-- knows what it missed.
local function append(stream, kind, messages)
  local last = redis.call('HGET', calls, 'last:' .. stream) or '0-0'
  local bytes = 0
  for _, message in ipairs(messages) do
    last = redis.call('XADD', events, '*',
      'stream', stream, 'kind', kind, 'message', message, 'previous', last)
    bytes = bytes + #message
  end
  redis.call('HSET', calls, 'last:' .. stream, last)
  redis.call('HINCRBY', record, 'log_bytes', bytes)
  evict()
  return last
end

-- Returns the GET stream, the node that holds it, and the number of that lease; without
-- a node while it is not held.
local function get_stream()
  local value = redis.call('HGET', record, 'listener') or ''
  local stream, holder, lease = string.match(value, '^(%S+) (%S+) (%d+)$')
  return stream or string.match(value, '^%S+'), holder, lease
end

-- Lets this node hold the GET stream, and appends what has waited for one. Returns the
-- number of the lease.
local function lease_get_stream(stream)
  local lease = redis.call('HINCRBY', record, 'holds', 1)
  redis.call('HSET', record, 'listener', stream .. ' ' .. node .. ' ' .. lease)
  local waiting = redis.call('LRANGE', queue, 0, -1)
  if #waiting > 0 then
    append(stream, 'message', waiting)
    redis.call('DEL', queue)
  end
  return lease
end

-- Ends the stream of a running call, and frees the call's id.
local function finish(stream, answer)
  local runner, call = runner_of(stream)
  if answer == '' then
    local last = redis.call('HGET', calls, 'last:' .. stream)
    redis.call('HSET', calls, 'silent:' .. stream, last)
  end
  append(stream, 'end', { answer })
  wake(reader_of(stream), stream)
  redis.call('HDEL', calls, 'call:' .. call, 'stream:' .. stream, 'last:' .. stream,
    'attempt:' .. stream, 'reader:' .. stream, 'batch:' .. stream)
  forget_call(stream, runner, call)
end

