return { shouldRun = function() return 1 end, execute = function() return { executed = true } end }
