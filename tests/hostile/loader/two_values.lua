-- Returns more than one value.
-- expect: succeeded
return { shouldRun = function() return true end, execute = function() return { executed = true } end }, os
