return { shouldRun = function() return true end, execute = function() db.exec("delete from item where id = ?", {}) return { executed = true } end }
