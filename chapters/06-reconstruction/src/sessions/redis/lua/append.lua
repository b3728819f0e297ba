-- Appends entries to the history, and counts them in the record.
if #entries > 0 then
  redis.call('RPUSH', history, unpack(entries))
  redis.call('LTRIM', history, -history_limit, -1)
end
redis.call('HINCRBY', record, 'recorded', #entries)
return { touch(), 1 }
