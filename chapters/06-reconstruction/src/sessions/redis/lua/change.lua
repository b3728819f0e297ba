-- Sets a field of the record.
return { touch(field, value), 1 }
