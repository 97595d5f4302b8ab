return { description = "Adds a fruit", shouldRun = function() return true end, execute = function() error("never called by plan") end }
