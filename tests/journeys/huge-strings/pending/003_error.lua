return { shouldRun = function() return true end, execute = function() error(("e"):rep(100 * 1000 * 1000)) end }
