return { shouldRun = function() skip("not here either") end, execute = function() return { executed = true } end }
