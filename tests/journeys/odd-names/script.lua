return { shouldRun = function() return true end, execute = function() error("bad\27[31m news") end }
