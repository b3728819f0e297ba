-- ARGV[3]: how many entries to keep. The others: new entries, at least one.
local added = #ARGV - 3
local length = redis.call('RPUSH', KEYS[2], unpack(ARGV, 4))
if length > tonumber(ARGV[3]) then
  redis.call('LTRIM', KEYS[2], -ARGV[3], -1)
end
redis.call('HINCRBY', KEYS[1], 'recorded', added)
return { used(length > added), owner, 1 }
