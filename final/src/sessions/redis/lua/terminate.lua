-- ARGV[3]: this node. ARGV[4] and [5]: how channels of nodes begin, and the
-- session's id. Every other node that holds something of the session is told.
local holders = {}
local function note(holder) if holder then holders[holder] = true end end
note(string.match(redis.call('HGET', KEYS[1], 'listener') or '', '^%S+ (%S+)'))
local calls = redis.call('HGETALL', KEYS[3])
for at = 1, #calls, 2 do
  -- These values begin with the node that they are about.
  local kind = string.match(calls[at], '^(%l+):')
  if kind == 'stream' or kind == 'reader' or kind == 'question' then
    note(string.match(calls[at + 1], '^%S+'))
  end
end
redis.call('UNLINK', unpack(KEYS))
holders[ARGV[3]] = nil
for holder in pairs(holders) do
  redis.call('PUBLISH', ARGV[4] .. holder, ARGV[5] .. ' look')
end
return owner
