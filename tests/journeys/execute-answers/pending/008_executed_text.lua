return { shouldRun = function() return true end, execute = function() db.exec("insert into ran values (?)", ctx.script) return { executed = "true" } end }
