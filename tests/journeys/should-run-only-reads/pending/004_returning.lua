return { shouldRun = function() return db.value("delete from item returning id") == 1 end, execute = function() return { executed = true } end }
