-- Fills the memory while the script is loaded.
-- expect: failed memory
-- error: ran out of memory: the limit is 32 MiB
-- time: 1250 ms
-- memory: 10 % over 32 MiB
local t = {}
for i = 1, math.huge do t[i] = { i } end
return { shouldRun = function() return true end, execute = function() return { executed = true } end }
