return { shouldRun = function() return true end, execute = function() return { executed = true, message = ("m"):rep(100 * 1000 * 1000) } end }
