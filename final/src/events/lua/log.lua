-- Begins every script of the event log, after session.lua. ARGV[3]: this node.
-- ARGV[4] and [5]: how channels of nodes begin, and the session's id. ARGV[6] to
-- [8]: how many entries, bytes and ms of age the log may have.
local node = ARGV[3]

-- Tells the node that holds the reader of a stream to read on. Where it is this
-- one, the caller does that.
local function wake(holder, stream)
  if holder and holder ~= node then
    redis.call('PUBLISH', ARGV[4] .. holder, ARGV[5] .. ' ' .. stream)
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
    bytes = redis.call('HINCRBY', KEYS[1], 'log_bytes', -#oldest[2][6])
  end
end

-- Appends an entry and returns its id. Kinds: 'opening', 'message', 'end'. An entry
-- names the one before it on its stream, so that a reader knows what it missed.
local function append(stream, kind, message)
  local previous = redis.call('HGET', KEYS[3], 'last:' .. stream) or '0-0'
  local id = redis.call('XADD', KEYS[4], '*',
    'stream', stream, 'kind', kind, 'message', message, 'previous', previous)
  redis.call('HSET', KEYS[3], 'last:' .. stream, id)
  redis.call('HINCRBY', KEYS[1], 'log_bytes', #message)
  evict()
  return id
end

-- The keys live as long as the record: this was no activity.
local function lasts()
  local left = redis.call('PTTL', KEYS[1])
  for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, left) end
end

-- The stream that answers GET, and the node that holds it; no node while it is
-- not held.
local function listener()
  local value = redis.call('HGET', KEYS[1], 'listener') or ''
  local stream, holder = string.match(value, '^(%S+) (%S*)$')
  if holder == '' then holder = nil end
  return stream, holder
end

-- This node holds the GET stream now. What waited for one is said on it.
local function listen(stream)
  redis.call('HSET', KEYS[1], 'listener', stream .. ' ' .. node)
  for _, message in ipairs(redis.call('LRANGE', KEYS[5], 0, -1)) do
    append(stream, 'message', message)
  end
  redis.call('DEL', KEYS[5])
end

-- The node that runs the call of a stream, and the call's id.
local function running(stream)
  local value = redis.call('HGET', KEYS[3], 'stream:' .. stream)
  return string.match(value or '', '^(%S+) (.*)$')
end

