return { shouldRun = function() end, execute = function() return { executed = true } end }
