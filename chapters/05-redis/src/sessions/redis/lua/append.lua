-- ARGV[2]: how many entries to keep. The others: new entries.
if ARGV[3] then
  redis.call('RPUSH', KEYS[2], unpack(ARGV, 3))
  redis.call('LTRIM', KEYS[2], -ARGV[2], -1)
end
return touch()
