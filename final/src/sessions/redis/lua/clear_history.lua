-- Empties the history. Returns how many entries it had.
local entries = redis.call('LLEN', history)
redis.call('DEL', history)
return { touch(), owner, entries }
