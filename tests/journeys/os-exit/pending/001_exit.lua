return { shouldRun = function() os.exit(0) return true end, execute = function() return { executed = true } end }
