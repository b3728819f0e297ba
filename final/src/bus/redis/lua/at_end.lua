-- Adds the nodes that wait for answers to the holders of the session that ends, and
-- makes all holders but this node check the session.
for name, value in pairs(ended) do
  if string.match(name, '^question:') then add_holder(value) end
end
holders[node] = nil
table.insert(at_end, function()
  for holder in pairs(holders) do publish(holder, 'look') end
end)
