-- Publishes a message about the session to a node.
local function publish(holder, message)
  redis.call('PUBLISH', node_channels .. holder, session .. ' ' .. message)
end

