return { shouldRun = function() return true end, execute = function() error("e\xff\0\27[31m") end }
