-- Appends entries to the history, and counts the operation of each in the totals of
-- the shard, which outlive the session. Also counts `requests`; '0' if this is no
-- request. Returns the time, the node of the last request, the log level, and a
-- value for each subscribed one of `resources`.
local fields = { 'requests', 'recorded', 'node', 'log_level' }
for at, uri in ipairs(resources) do fields[4 + at] = subscription .. uri end
local found = redis.call('HMGET', record, unpack(fields))
local requested, recorded, previous, log_level = unpack(found)
local length = 0
if #entries > 0 then
  length = redis.call('RPUSH', history, unpack(entries))
  if length > history_limit then
    redis.call('LTRIM', history, -history_limit, -1)
  end
end
local refresh = touch(length ~= #entries,
  'requests', (requested or 0) + requests,
  'recorded', (recorded or 0) + #entries,
  'node', requests ~= '0' and node or previous or '')
for _, operation in ipairs(operations) do
  redis.call('HINCRBY', totals, operation, 1)
end
return { refresh, owner, { now, previous or '', log_level or '',
  { unpack(found, 5) } } }
