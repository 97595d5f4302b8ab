return { shouldRun = function() return true end, execute = function() error(setmetatable({}, { __tostring = function() error("again") end })) end }
