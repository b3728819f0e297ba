-- Returns a list of names and values, in turns, as a table of values by name.
local function by_name(list)
  local values = {}
  for at = 1, #list, 2 do values[list[at]] = list[at + 1] end
  return values
end
