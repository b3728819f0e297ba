-- Ends the stream of an attempt at a call that was not confirmed. If the attempt has
-- not arrived, remembers it, with at most `withdrawn_limit` others.
local stream = stream_of(call)
if stream and attempt_of(stream) == attempt then
  finish(stream, '')
  return { touch(), owner, 1 }
end
local withdrawn = redis.call('HGET', calls, 'withdrawn') or ''
if not string.find(withdrawn, attempt, 1, true) then
  withdrawn = withdrawn .. attempt .. ' '
  redis.call('HSET', calls, 'withdrawn',
    string.sub(withdrawn, -(#attempt + 1) * withdrawn_limit))
end
return { touch(), owner, 0 }
