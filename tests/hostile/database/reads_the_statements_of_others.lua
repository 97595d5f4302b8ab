-- sqlite_stmt lists what the connection still knows of other scripts.
-- expect: failed error
-- error: sqlite_stmt
return {
  shouldRun = function() return true end,
  execute = function()
    db.query("select sql from sqlite_stmt")
    return { executed = true }
  end,
}
