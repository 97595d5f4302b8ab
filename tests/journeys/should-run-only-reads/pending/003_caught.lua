return { shouldRun = function() pcall(db.exec, "delete from item") return false end, execute = function() return { executed = true } end }
