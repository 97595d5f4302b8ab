return { shouldRun = function() return db.value("select count(*) from item") > 3 end, execute = function() return { executed = true } end }
