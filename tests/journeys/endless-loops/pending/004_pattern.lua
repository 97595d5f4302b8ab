return { shouldRun = function() return true end, execute = function() return { executed = (("x"):rep(200)):find((".-"):rep(25) .. "y") } end }
