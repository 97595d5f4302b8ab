-- 100,000 terms of .. in one expression.
-- expect: failed syntax
-- error: C stack overflow|too many|overflow
-- lines: 100000 .. "a"
local x = "a"
--@ lines
return { shouldRun = function() return true end, execute = function() return { executed = true } end }
