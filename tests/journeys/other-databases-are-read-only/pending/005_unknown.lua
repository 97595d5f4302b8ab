return { shouldRun = function() return true end, execute = function() return { executed = true, n = databases.nowhere.value("select 1") } end }
