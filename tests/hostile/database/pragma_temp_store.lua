-- PRAGMA temp_store = file.
-- expect: failed error
-- error: PRAGMA
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("delete from item")
    db.exec("pragma temp_store = file")
    return { executed = true }
  end,
}
