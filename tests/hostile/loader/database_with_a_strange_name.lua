-- Names a database with escape codes.
-- expect: failed contract
-- error: database
return { database = "\27[31mmain\0", shouldRun = print, execute = print }
