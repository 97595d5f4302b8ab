-- Uses the database before anything was begun.
-- expect: failed error
-- error: while the script is loaded
db.exec("delete from item")
return { shouldRun = function() return true end, execute = function() return { executed = true } end }
