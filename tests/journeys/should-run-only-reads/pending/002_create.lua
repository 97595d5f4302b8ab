return { shouldRun = function() db.exec("create table sneaky (a)") return true end, execute = function() return { executed = true } end }
