-- Spins before there is a function to call; the limit of the configuration holds.
-- expect: failed timeout
-- error: was being loaded
-- time: 250 ms over 1000 ms
while true do end
return { shouldRun = function() return true end, execute = function() return { executed = true } end }
