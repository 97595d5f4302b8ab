-- An empty file.
-- expect: failed contract
-- error: shouldRun
-- bytes: 
return { shouldRun = function() return true end, execute = function() return { executed = true } end }
