-- Writes, then says that it did not.
-- expect: failed error
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("delete from item")
    return { executed = false, message = "\27[2J" }
  end,
}
