return { shouldRun = function() return nil end, execute = function() return { executed = true } end }
