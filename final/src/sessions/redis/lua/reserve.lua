-- Takes or keeps one of an owner's places. KEYS[1]: sessions by the time at which
-- their place is free again. ARGV: for how many ms it is taken, the session's id,
-- how many places there are. Returns the time, or 0 if the owner has none left.
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
if not redis.call('ZSCORE', KEYS[1], ARGV[2])
    and redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[3]) then
  return 0
end
redis.call('ZADD', KEYS[1], now + ARGV[1], ARGV[2])
-- The key lives as long as the last of its places.
redis.call('PEXPIRE', KEYS[1], math.max(ARGV[1], redis.call('PTTL', KEYS[1])))
return now
