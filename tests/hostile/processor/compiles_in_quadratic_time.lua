-- A chain of `or a`: the compiler itself is the bomb, no instruction ever runs.
-- expect: failed timeout
-- error: was being loaded
-- time: 250 ms over 1000 ms
-- lines: 43000 or a --
local a = 1
local b = a
--@ lines
return { shouldRun = function() return true end, execute = function() return { executed = true } end }
