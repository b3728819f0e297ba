-- Sets a field of the record, or removes it if its new value is empty. Without a
-- field this only postpones expiry.
if value ~= '' then
  redis.call('HSET', record, field, value)
elseif field ~= '' then
  redis.call('HDEL', record, field)
end
return { touch(), owner, 1 }
