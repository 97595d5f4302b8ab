return { shouldRun = function() return true end, execute = function() db.exec("delete from item") local t = { executed = true } t.self = t return t end }
