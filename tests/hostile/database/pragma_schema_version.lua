-- PRAGMA schema_version = 1.
-- expect: failed error
-- error: PRAGMA
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("delete from item")
    db.exec("pragma schema_version = 1")
    return { executed = true }
  end,
}
