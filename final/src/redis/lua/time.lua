-- Begins every script. Time is the server's, in ms: the nodes' clocks differ.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
