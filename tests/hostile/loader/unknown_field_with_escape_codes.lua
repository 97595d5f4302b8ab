-- The name of a field that would clear the terminal.
-- expect: failed contract
-- error: unknown field
return { ["\27[2J\27]0;owned\7"] = 1, shouldRun = print, execute = print }
