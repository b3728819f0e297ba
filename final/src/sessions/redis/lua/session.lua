-- Begins every script that changes a session. `asker` is '' for the server itself
-- and '=name' for a principal. A session that does not exist, or that belongs to
-- another principal, is not written, so that no script brings a session back.
local schema, principal, owner, indexed, last_activity, postponed = unpack(
  redis.call('HMGET', record,
    'schema', 'principal', 'owner', 'indexed', 'last_activity', 'postponed'))
if not schema then return false end
if (tonumber(schema) or 0) > newest_schema then
  return redis.error_reply('REJECTED newer schema ' .. schema)
end
if not (principal and owner and indexed) then
  return redis.error_reply('REJECTED the record lacks a field')
end
-- The keys may live a little longer than the session.
if now - (last_activity or now) > timeout then return false end
if asker ~= '' and asker ~= '=' .. principal then return false end

-- How much longer than the session its keys may live. The expiry of a busy
-- session's keys is postponed only that often.
local slack = math.min(1000, math.floor(timeout / 20))

-- Sets the expiry of all keys of the session, in ms from now.
local function expire_after(lifetime)
  for _, key in ipairs({ unpack(KEYS, 1, key_count) }) do
    redis.call('PEXPIRE', key, lifetime)
  end
end

-- Records activity: postpones the expiry of all keys of the session. `known` means
-- that all of them existed when that was done last. Returns the time if the index
-- needs to be refreshed, else 0. A refresh is rare, because the index is another
-- key, and in a cluster on another server. The other arguments are fields and
-- values to set.
local function touch(known, ...)
  redis.call('HSET', record, 'last_activity', now, ...)
  if known and now - (postponed or 0) < slack then return 0 end
  redis.call('HSET', record, 'postponed', now)
  expire_after(timeout + slack)
  if now - indexed < timeout / 4 then return 0 end
  redis.call('HSET', record, 'indexed', now)
  return now
end

-- Lets new keys live as long as the record, because their write is not activity.
local function expire_with_record()
  local left = redis.call('PTTL', record)
  -- Zero is the record's last millisecond, and would mean no expiry.
  if left >= 0 then expire_after(math.max(left, 1)) end
end

