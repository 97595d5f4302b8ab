-- sqlite_dbpage is of the command-line shell, not of the library.
-- expect: failed error
-- error: no such
return {
  shouldRun = function() return true end,
  execute = function()
    db.query("select * from sqlite_dbpage")
    return { executed = true }
  end,
}
