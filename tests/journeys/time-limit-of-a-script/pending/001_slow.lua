return { timeout = "300ms", shouldRun = function() return true end, execute = function() while true do end end }
