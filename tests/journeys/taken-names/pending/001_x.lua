return { shouldRun = function() return true end, execute = function() error("first") end }
