-- Writes into a database that is not its own.
-- expect: failed error
-- error: read
return {
  shouldRun = function() return true end,
  execute = function()
    databases.other.exec("delete from item")
    return { executed = true }
  end,
}
