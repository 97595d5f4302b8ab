local function deeper(n) return deeper(n + 1) + 1 end
return { shouldRun = function() return true end, execute = function() deeper(1) return { executed = true } end }
