return { shouldRun = function() return true end, execute = function() db.exec(nil) return { executed = true } end }
