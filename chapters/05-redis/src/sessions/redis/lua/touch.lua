-- The session is used.
return touch()
