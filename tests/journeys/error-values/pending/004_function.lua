return { shouldRun = function() return true end, execute = function() error(print) end }
