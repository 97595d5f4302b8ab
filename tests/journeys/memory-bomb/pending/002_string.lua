return { shouldRun = function() return true end, execute = function() local s = "x" while true do s = s .. s end end }
