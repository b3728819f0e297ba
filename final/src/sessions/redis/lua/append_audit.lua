-- ARGV[3]: how many calls of the audit trail are kept. The others: a request and its
-- response, in turns. Not activity, because the audited request was.
local is_new = redis.call('EXISTS', KEYS[6]) == 0
for at = 4, #ARGV, 2 do
  redis.call('XADD', KEYS[6], '*', 'request', ARGV[at], 'response', ARGV[at + 1])
end
redis.call('XTRIM', KEYS[6], 'MAXLEN', ARGV[3])
if is_new then lasts() end
return { 0, owner, 1 }
