return { description = "Adds a fruit", shouldRun = function() error("never asked by check") end, execute = function() return { executed = true } end }
