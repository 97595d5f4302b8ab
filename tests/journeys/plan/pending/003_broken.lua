return { shouldRun = function() return db.value("select x from nowhere") end, execute = function() return { executed = true } end }
