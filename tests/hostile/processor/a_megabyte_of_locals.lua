-- More local variables than there are registers.
-- expect: failed syntax
-- error: too many local variables
-- lines: 100000 local l%d
--@ lines
return { shouldRun = function() return true end, execute = function() return { executed = true } end }
