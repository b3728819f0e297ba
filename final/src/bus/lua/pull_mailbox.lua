-- What other nodes have left for this one: answers to its questions, and its calls
-- that are not wanted any more.
local all, fields = redis.call('HGETALL', KEYS[3]), {}
for at = 1, #all, 2 do fields[all[at]] = all[at + 1] end
local answers, cancelled = {}, {}
for name, value in pairs(fields) do
  local question = string.match(name, '^answer:(.*)$')
  local asker = question and string.match(fields['question:' .. question] or '', '^%S+')
  if asker == ARGV[3] then
    table.insert(answers, { question, value })
  end
  local stream = string.match(name, '^cancelled:(.*)$')
  local runner, call = string.match(fields['stream:' .. (stream or '')] or '', '^(%S+) (.*)$')
  if runner == ARGV[3] then table.insert(cancelled, { call, value }) end
end
return { 0, owner, { answers, cancelled } }
