return { shouldRun = function() return true end, execute = function() log.info(("l"):rep(100 * 1000 * 1000)) return { executed = true } end }
