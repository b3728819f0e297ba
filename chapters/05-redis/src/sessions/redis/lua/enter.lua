-- A visit.
return used()
