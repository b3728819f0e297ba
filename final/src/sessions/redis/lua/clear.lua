-- Empties the history. Returns how many entries it had.
local entries = redis.call('LLEN', KEYS[2])
redis.call('DEL', KEYS[2])
return { used(), owner, entries }
