-- Begins every script that changes a session. A session that does not exist is not
-- written, so that no script brings a session back.
local schema = redis.call('HGET', record, 'schema')
if not schema then return false end
if (tonumber(schema) or 0) > newest_schema then
  return redis.error_reply('REJECTED newer schema ' .. schema)
end

-- Records activity: postpones the expiry of all keys of the session. The arguments
-- are fields and values to set. Returns when the session expires.
local function touch(...)
  redis.call('HSET', record, 'last_activity', now, ...)
  for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, timeout) end
  return now + timeout
end

