-- Appends calls to the audit trail: a request and its response, in turns. Keeps the
-- newest `keep` calls. This is not activity, because the audited request was.
local is_new = redis.call('EXISTS', audit) == 0
for at = 1, #parts, 2 do
  redis.call('XADD', audit, '*', 'request', parts[at], 'response', parts[at + 1])
end
redis.call('XTRIM', audit, 'MAXLEN', keep)
if is_new then expire_with_record() end
return { 0, owner, 1 }
