-- ATTACH of a database in memory.
-- expect: failed error
-- error: ATTACH
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("delete from item")
    db.exec("attach ':memory:' as c")
    return { executed = true }
  end,
}
