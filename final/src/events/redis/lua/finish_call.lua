-- Ends the stream of a call, if it belongs to this attempt, with an answer or with ''.
if not runner_of(stream) or attempt_of(stream) ~= attempt then
  return { touch(), owner, 0 }
end
finish(stream, answer)
return { touch(), owner, 1 }
