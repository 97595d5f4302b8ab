return { shouldRun = function() return true end, execute = function() error({ code = 7 }) end }
