-- The time.
return now
