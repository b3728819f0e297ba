-- Begins every script that changes a session. KEYS are all keys of the session,
-- the record first. ARGV[1] is the timeout in ms. The session that is not there
-- is left alone: nothing brings a session back.
if redis.call('EXISTS', KEYS[1]) == 0 then return false end

-- The session is in use: postpones the expiry of all its keys. Returns when the
-- session expires.
local function used()
  for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, ARGV[1]) end
  return now + ARGV[1]
end

