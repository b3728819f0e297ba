-- Begins every script that changes a session. KEYS are all keys of the session,
-- the record first. ARGV[1] is the timeout in ms. ARGV[2] is who asks: '' for the
-- server itself, '=name' for a principal. The session that is not there, and the
-- one that is somebody else's, are left alone: nothing brings a session back.
local schema, principal, owner, indexed, last_activity, postponed = unpack(
  redis.call('HMGET', KEYS[1],
    'schema', 'principal', 'owner', 'indexed', 'last_activity', 'postponed'))
if not schema then return false end
if (tonumber(schema) or 0) > 1 then
  return redis.error_reply('REJECTED newer schema ' .. schema)
end
if not (principal and owner and indexed) then
  return redis.error_reply('REJECTED the record lacks a field')
end
-- Its keys may live a little longer than it does.
if now - (last_activity or now) > tonumber(ARGV[1]) then return false end
if ARGV[2] ~= '' and ARGV[2] ~= '=' .. principal then return false end

-- How much longer than the session its keys may live. A busy one has their expiry
-- postponed only as often as that.
local slack = math.min(1000, math.floor(ARGV[1] / 20))

-- The session is in use: postpones the expiry of all its keys; `known` says that
-- they were all there when that was done last. Returns the time if the index should
-- hear of it, else 0. That is seldom, because the index is another key, and in a
-- cluster on another server. The others are fields and values to set with it.
local function used(known, ...)
  redis.call('HSET', KEYS[1], 'last_activity', now, ...)
  if known and now - (postponed or 0) < slack then return 0 end
  redis.call('HSET', KEYS[1], 'postponed', now)
  for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, ARGV[1] + slack) end
  if now - indexed < ARGV[1] / 4 then return 0 end
  redis.call('HSET', KEYS[1], 'indexed', now)
  return now
end

-- The keys live as long as the record: this was no activity.
local function lasts()
  local left = redis.call('PTTL', KEYS[1])
  if left < 0 then return end
  -- Zero would be the last of its milliseconds, and no expiry.
  left = math.max(left, 1)
  for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, left) end
end

