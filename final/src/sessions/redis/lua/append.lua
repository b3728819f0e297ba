-- KEYS: those of the session, then the totals of its shard. ARGV[3]: how many entries
-- to keep. ARGV[4]: how many requests are counted; 0 if this is no visit. ARGV[5]: the
-- node that is visited. ARGV[6]: how many fields of subscriptions follow. ARGV[7]: how
-- many words follow these, each operation with its count. The others: new entries.
-- The totals outlive the session: what postpones its expiry does not see them.
local totals = table.remove(KEYS)
local counts = 8 + ARGV[6]
local first = counts + ARGV[7]
local found = redis.call('HMGET', KEYS[1],
  'requests', 'recorded', 'node', 'log_level', unpack(ARGV, 8, counts - 1))
local requests, recorded, previous, log_level = unpack(found)
local added, length = #ARGV - first + 1, 0
if added > 0 then
  length = redis.call('RPUSH', KEYS[2], unpack(ARGV, first))
  if length > tonumber(ARGV[3]) then
    redis.call('LTRIM', KEYS[2], -ARGV[3], -1)
  end
end
local refresh = used(length ~= added,
  'requests', (requests or 0) + ARGV[4],
  'recorded', (recorded or 0) + added,
  'node', ARGV[4] ~= '0' and ARGV[5] or previous or '')
for at = counts, first - 1, 2 do
  redis.call('HINCRBY', totals, ARGV[at], ARGV[at + 1])
end
return { refresh, owner, { now, previous or '', log_level or '',
  { unpack(found, 5) } } }
