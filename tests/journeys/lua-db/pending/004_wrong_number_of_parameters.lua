return { shouldRun = function() return true end, execute = function() db.exec("delete from item where id = ? and name = ?", 1) return { executed = true } end }
