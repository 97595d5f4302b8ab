return { shouldRun = function() return true end, execute = function() db.exec("insert into ran values (?)", ctx.script) return nil, "the moon is wrong" end }
