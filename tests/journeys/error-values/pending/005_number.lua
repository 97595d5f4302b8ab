return { shouldRun = function() return true end, execute = function() error(42) end }
