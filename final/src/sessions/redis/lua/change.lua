-- ARGV[3] and [4]: a field and its new value. Without a value the field goes,
-- without a field this only postpones expiry.
if ARGV[4] then
  redis.call('HSET', KEYS[1], ARGV[3], ARGV[4])
elseif ARGV[3] then
  redis.call('HDEL', KEYS[1], ARGV[3])
end
return { used(), owner, 1 }
