-- Bytes that are no text in any encoding.
-- expect: failed syntax
-- bytes: ff80c0affdfeedbeef
return { shouldRun = function() return true end, execute = function() return { executed = true } end }
