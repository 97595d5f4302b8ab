return { shouldRun = function() return true end, execute = function() db.exec("delete from attempts") return { executed = true } end }
