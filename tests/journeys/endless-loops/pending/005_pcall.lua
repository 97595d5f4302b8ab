return { shouldRun = function() return true end, execute = function() while true do pcall(function() while true do end end) end end }
