-- ARGV[3]: this node. ARGV[4] and [5]: how channels of nodes begin, and the
-- session's id. Every other node that holds something of the session is told.
local holders = { string.match(redis.call('HGET', KEYS[1], 'listener') or '', '%S+$') }
local calls = redis.call('HGETALL', KEYS[3])
for at = 1, #calls, 2 do
  -- These values begin with the node that they are about.
  if string.match(calls[at], '^stream:') or string.match(calls[at], '^reader:') then
    table.insert(holders, string.match(calls[at + 1], '^%S+'))
  end
end
redis.call('UNLINK', unpack(KEYS))
for _, holder in ipairs(holders) do
  if holder ~= ARGV[3] then
    redis.call('PUBLISH', ARGV[4] .. holder, ARGV[5] .. ' look')
  end
end
return owner
