return { shouldRun = function() return true end, execute = function() for n = 1, 100000 do print("line " .. n) end return { executed = true } end }
