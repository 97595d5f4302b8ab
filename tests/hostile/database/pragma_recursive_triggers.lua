-- PRAGMA recursive_triggers = on.
-- expect: failed error
-- error: PRAGMA
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("delete from item")
    db.exec("pragma recursive_triggers = on")
    return { executed = true }
  end,
}
