return { shouldRun = function() return true end, execute = function() db.exec("delete from item") while true do end end }
