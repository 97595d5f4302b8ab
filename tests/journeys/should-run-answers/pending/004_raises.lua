return { shouldRun = function() return db.value("select count(*) from nowhere") > 0 end, execute = function() return { executed = true } end }
