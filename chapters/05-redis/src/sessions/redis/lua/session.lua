-- Begins every script that changes a session. KEYS are all keys of the session,
-- the record first. ARGV[1] is the timeout in ms. If the session does
-- not exist, the script ends: a late write cannot bring it back.
if redis.call('EXISTS', KEYS[1]) == 0 then return false end

-- Postpones the expiry of all keys of the session. Returns when it expires.
local function touch()
  for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, ARGV[1]) end
  return now + ARGV[1]
end

