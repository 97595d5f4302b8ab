return { shouldRun = function() return true end, execute = function() log.info("l\xff\0\27[31m") return { executed = true, message = "m\xff\0\27[31m" } end }
