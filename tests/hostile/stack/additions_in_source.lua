-- 200,000 additions: allowed, they need no stack.
-- expect: succeeded|failed timeout
-- time: 250 ms over 1000 ms
-- lines: 200000 + 1
local x = 1
--@ lines
return { shouldRun = function() return true end, execute = function() return { executed = true } end }
