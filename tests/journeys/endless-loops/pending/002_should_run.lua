return { shouldRun = function() while true do end end, execute = function() return { executed = true } end }
