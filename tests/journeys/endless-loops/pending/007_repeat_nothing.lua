return { shouldRun = function() return true end, execute = function() return { executed = true, message = (""):rep(1 << 62) } end }
