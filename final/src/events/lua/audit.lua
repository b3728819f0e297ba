-- ARGV[9]: of how many calls the audit trail tells. The others: a request and the
-- response to it, in turns. Not activity: what is audited was.
local is_new = redis.call('EXISTS', KEYS[6]) == 0
for at = 10, #ARGV, 2 do
  redis.call('XADD', KEYS[6], '*', 'request', ARGV[at], 'response', ARGV[at + 1])
end
redis.call('XTRIM', KEYS[6], 'MAXLEN', ARGV[9])
if is_new then lasts() end
return { 0, owner, 1 }
