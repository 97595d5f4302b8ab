-- The other database by a name inside SQL.
-- expect: failed error
-- error: no such table
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("delete from other.item")
    return { executed = true }
  end,
}
