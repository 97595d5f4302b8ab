-- 100,000 calls in a row: f()()()…
-- expect: failed error
-- error: called
-- lines: 100000 ()
local function f() error("called") end
f
--@ lines
return { shouldRun = function() return true end, execute = function() return { executed = true } end }
