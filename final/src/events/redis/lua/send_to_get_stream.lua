-- Appends a message to the GET stream. While no node holds the stream, the message
-- waits, once, with at most `queue_limit` others. If `uri` is not empty, the session
-- must be subscribed to it. This is not activity, because others may have caused it.
if uri ~= '' and redis.call('HEXISTS', record, subscription .. uri) == 0 then
  return { 0, owner, 0 }
end
local stream, holder = get_stream()
if holder then
  append(stream, 'message', { message })
  wake(holder, stream)
elseif not redis.call('LPOS', queue, message) then
  redis.call('RPUSH', queue, message)
  redis.call('LTRIM', queue, -queue_limit, -1)
end
expire_with_record()
return { 0, owner, 1 }
