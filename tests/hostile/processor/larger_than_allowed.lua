-- A file beyond [run] max_script_size stays where it is, unread.
-- expect: ignored
-- error: larger
-- lines: 120000 -- a comment that is long enough
return { shouldRun = function() return true end, execute = function() return { executed = true } end }
