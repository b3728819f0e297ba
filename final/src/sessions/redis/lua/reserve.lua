-- Takes or keeps one of an owner's places. KEYS[1]: sessions by the time at which
-- they may have expired. ARGV: for how many ms the place is taken, the session's id,
-- how many places there are, how many ms later the session has expired for certain.
-- Returns the time, or 0 if the owner has none left.
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[4])
if not redis.call('ZSCORE', KEYS[1], ARGV[2])
    and redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[3]) then
  return 0
end
redis.call('ZADD', KEYS[1], now + ARGV[1], ARGV[2])
-- The key lives as long as the last of its places.
redis.call('PEXPIRE', KEYS[1], 
  math.max(ARGV[1] + ARGV[4], redis.call('PTTL', KEYS[1])))
return now
