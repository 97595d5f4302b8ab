-- 100,000 times not.
-- expect: failed syntax
-- error: C stack overflow|overflow
-- lines: 100000 not
local x =
--@ lines
true
return { shouldRun = function() return true end, execute = function() return { executed = true } end }
