-- Releases the lease of a GET stream whose reader has left. A newer lease remains.
local stream, _, newest = get_stream()
if newest == lease then redis.call('HSET', record, 'listener', stream) end
return { 0, owner, 1 }
