return { shouldRun = function() return "yes" end, execute = function() return { executed = true } end }
