-- PRAGMA temp_store_directory = '/tmp'.
-- expect: failed error
-- error: PRAGMA
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("delete from item")
    db.exec("pragma temp_store_directory = '/tmp'")
    return { executed = true }
  end,
}
