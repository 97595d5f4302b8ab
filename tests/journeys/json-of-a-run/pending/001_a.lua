return { shouldRun = function() return true end, execute = function() print("talk") return { executed = true, message = "m", n = 1 } end }
