return { shouldRun = function() return true end, execute = function() return { executed = true, big = ("r"):rep(100 * 1000 * 1000) } end }
