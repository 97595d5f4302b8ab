return { execute = function() return { executed = true } end }
