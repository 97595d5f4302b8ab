-- PRAGMA data_version = 7.
-- expect: failed error
-- error: PRAGMA
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("delete from item")
    db.exec("pragma data_version = 7")
    return { executed = true }
  end,
}
