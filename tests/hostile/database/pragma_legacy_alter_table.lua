-- PRAGMA legacy_alter_table = on.
-- expect: failed error
-- error: PRAGMA
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("delete from item")
    db.exec("pragma legacy_alter_table = on")
    return { executed = true }
  end,
}
