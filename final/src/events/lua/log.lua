-- Begins every script of the event log, after session.lua. ARGV[3]: this node.
-- ARGV[4] and [5]: how channels of nodes begin, and the session's id. ARGV[6] to
-- [8]: how many entries, bytes and ms of age the log may have.
local node = ARGV[3]

-- Tells the node that holds the reader of a stream to read on, or that another
-- reader has claimed the stream. Where it is this node, the caller knows.
local function wake(holder, stream, what)
  if holder and holder ~= node then
    local hint = ARGV[5] .. ' ' .. (what or 'read') .. ' ' .. stream
    redis.call('PUBLISH', ARGV[4] .. holder, hint)
  end
end

-- Keeps the id of the last evicted entry of each stream that can be resumed there:
-- it is looked up, because the log is too long to be searched.
local function note_evicted(entry, stream, kind)
  if kind == 'end' then
    redis.call('HDEL', KEYS[3], 'evicted:' .. stream, 'silent:' .. stream)
  elseif string.sub(stream, 1, 1) == 'c'
      or redis.call('HEXISTS', KEYS[3], 'last:' .. stream) == 1 then
    redis.call('HSET', KEYS[3], 'evicted:' .. stream, entry)
  end
end

-- Evicts the oldest entries beyond the bounds, but never the newest entry: one
-- that is too large for the log still has to reach its reader.
local function evict()
  local bytes = tonumber(redis.call('HGET', KEYS[1], 'log_bytes') or 0)
  for count = redis.call('XLEN', KEYS[4]), 2, -1 do
    local oldest = redis.call('XRANGE', KEYS[4], '-', '+', 'COUNT', 1)[1]
    local age = now - string.match(oldest[1], '^%d+')
    if count <= tonumber(ARGV[6]) and bytes <= tonumber(ARGV[7])
        and age <= tonumber(ARGV[8]) then
      return
    end
    redis.call('XDEL', KEYS[4], oldest[1])
    note_evicted(oldest[1], oldest[2][2], oldest[2][4])
    -- Not the negative length: that of an empty message would be '-0'.
    bytes = redis.call('HINCRBY', KEYS[1], 'log_bytes', 0 - #oldest[2][6])
  end
end

-- Appends entries of one kind ('opening', 'message' or 'end') and returns the id of
-- the last one. An entry names the one before it on its stream, so that a reader
-- knows what it missed.
local function append(stream, kind, messages)
  local last = redis.call('HGET', KEYS[3], 'last:' .. stream) or '0-0'
  local bytes = 0
  for _, message in ipairs(messages) do
    last = redis.call('XADD', KEYS[4], '*',
      'stream', stream, 'kind', kind, 'message', message, 'previous', last)
    bytes = bytes + #message
  end
  redis.call('HSET', KEYS[3], 'last:' .. stream, last)
  redis.call('HINCRBY', KEYS[1], 'log_bytes', bytes)
  evict()
  return last
end

-- The stream that answers GET, the node that holds it, and the number of that hold;
-- no node while it is not held.
local function listener()
  local value = redis.call('HGET', KEYS[1], 'listener') or ''
  return string.match(value, '^(%S+) (%S+) (%d+)$')
end

-- This node holds the GET stream now. What waited for one is said on it. Returns
-- the number of the hold.
local function listen(stream)
  local hold = redis.call('HINCRBY', KEYS[1], 'holds', 1)
  redis.call('HSET', KEYS[1], 'listener', stream .. ' ' .. node .. ' ' .. hold)
  local waiting = redis.call('LRANGE', KEYS[5], 0, -1)
  if #waiting > 0 then
    append(stream, 'message', waiting)
    redis.call('DEL', KEYS[5])
  end
  return hold
end

-- The node that runs the call of a stream, and the call's id.
local function running(stream)
  local value = redis.call('HGET', KEYS[3], 'stream:' .. stream)
  return string.match(value or '', '^(%S+) (.*)$')
end

-- The attempt to which the stream of a running call belongs; '' if an older node
-- has opened it.
local function attempt_of(stream)
  return redis.call('HGET', KEYS[3], 'attempt:' .. stream) or ''
end

-- Ends the stream of a running call, and frees the call's id. What the call has
-- asked is withdrawn by its own node, unless that is dead: by now the id may belong
-- to another call there.
local function finish(stream, answer)
  local runner, call = running(stream)
  if answer == '' then
    local last = redis.call('HGET', KEYS[3], 'last:' .. stream)
    redis.call('HSET', KEYS[3], 'silent:' .. stream, last)
  end
  append(stream, 'end', { answer })
  wake(redis.call('HGET', KEYS[3], 'reader:' .. stream), stream)
  redis.call('HDEL', KEYS[3], 'call:' .. call, 'stream:' .. stream, 'last:' .. stream,
    'attempt:' .. stream, 'reader:' .. stream, 'batch:' .. stream,
    'cancelled:' .. stream)
  if runner == node then return end
  local fields = redis.call('HGETALL', KEYS[3])
  for at = 1, #fields, 2 do
    local question = string.match(fields[at], '^question:(.*)$')
    if question and fields[at + 1] == runner .. ' ' .. call then
      redis.call('HDEL', KEYS[3], fields[at], 'answer:' .. question)
    end
  end
end

