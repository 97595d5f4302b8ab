return { shouldRun = function() db.exec("insert into item (name) values ('quince')") return true end, execute = function() return { executed = true } end }
