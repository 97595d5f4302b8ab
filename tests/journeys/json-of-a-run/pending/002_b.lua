return { shouldRun = function() return true end, execute = function() local x = nil return x.y end }
