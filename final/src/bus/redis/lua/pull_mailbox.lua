-- Returns the data that other nodes have left for this one: answers to its questions,
-- and its calls that must be cancelled, with the reasons.
local fields = by_name(redis.call('HGETALL', calls))
local answers, cancelled = {}, {}
for name, value in pairs(fields) do
  local question = string.match(name, '^answer:(.*)$')
  local asked = question and fields['question:' .. question] or ''
  if string.match(asked, '^%S+') == node then
    table.insert(answers, { question, value })
  end
  local stream = string.match(name, '^cancelled:(.*)$')
  if stream then
    local runner, call = runner_of(stream)
    if runner == node then table.insert(cancelled, { call, value }) end
  end
end
return { 0, owner, { answers, cancelled } }
