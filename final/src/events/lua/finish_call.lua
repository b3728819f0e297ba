-- ARGV[9]: the stream of a call. ARGV[10]: the attempt to which it belongs, as far as
-- the caller knows: a caller that is wrong about that changes nothing. ARGV[11]: the
-- answer, empty if there is none.
local runner = running(ARGV[9])
if not runner or attempt_of(ARGV[9]) ~= ARGV[10] then
  return { used(), owner, 0 }
end
finish(ARGV[9], ARGV[11])
return { used(), owner, 1 }
