-- Jumps to labels that are never there.
-- expect: failed syntax
-- time: 250 ms over 1000 ms
-- lines: 100000 goto l%d
--@ lines
return { shouldRun = function() return true end, execute = function() return { executed = true } end }
