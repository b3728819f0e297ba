-- Deletes all keys of the session, then runs the functions that the modules above
-- have put into `at_end`. Returns the owner.
redis.call('UNLINK', unpack(KEYS, 1, key_count))
for _, act in ipairs(at_end) do act() end
return owner
