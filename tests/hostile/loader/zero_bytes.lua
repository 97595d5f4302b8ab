-- A file of zero bytes.
-- expect: failed syntax
-- bytes: 00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000
return { shouldRun = function() return true end, execute = function() return { executed = true } end }
