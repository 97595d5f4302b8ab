-- Writes into another database.
-- expect: failed error
-- error: read
return {
  shouldRun = function()
    databases.other.exec("delete from item")
    return true
  end,
  execute = function() return { executed = true } end,
}
