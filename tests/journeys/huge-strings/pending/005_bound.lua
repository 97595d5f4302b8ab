return { shouldRun = function() return true end, execute = function() db.exec("update item set name = ? where id = 1", ("b"):rep(100 * 1000 * 1000)) return { executed = true } end }
