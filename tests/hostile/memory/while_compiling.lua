-- A table constructor of 90,000 tables: either it fits or it is stopped.
-- expect: succeeded|failed memory|timeout
-- time: 250 ms over 1000 ms
-- memory: 10 % over 32 MiB
-- lines: 90000 { "s%d" },
local t = {
--@ lines
}
return { shouldRun = function() return true end, execute = function() return { executed = true } end }
