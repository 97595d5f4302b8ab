return { shouldRun = function() return true end, execute = function() db.exec("delete from item") return { executed = true, call = print } end }
