-- Takes or keeps one of an owner's places for `lifetime` ms. `places` has the
-- sessions of the owner by the time at which they may have expired; `late` ms after
-- that they have. Returns the time, or 0 if the owner has no place left.
redis.call('ZREMRANGEBYSCORE', places, '-inf', now - late)
if not redis.call('ZSCORE', places, session)
    and redis.call('ZCARD', places) >= max_per_owner then
  return 0
end
redis.call('ZADD', places, now + lifetime, session)
-- The key lives as long as the last of its places.
redis.call('PEXPIRE', places,
  math.max(lifetime + late, redis.call('PTTL', places)))
return now
