-- Right-associative operators.
-- expect: failed syntax
-- error: C stack overflow|overflow
-- lines: 50000 ^ 2
local x = 2
--@ lines
return { shouldRun = function() return true end, execute = function() return { executed = true } end }
