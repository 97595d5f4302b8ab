-- One byte: the first of the signature of bytecode.
-- expect: failed syntax
-- bytes: 1b
return { shouldRun = function() return true end, execute = function() return { executed = true } end }
