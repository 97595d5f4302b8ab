-- A value that fits into the database and into no message.
-- expect: failed error
-- error: larger than 15 MiB
return {
  shouldRun = function() return true end,
  execute = function()
    db.value("select randomblob(20000000)")
    return { executed = true }
  end,
}
