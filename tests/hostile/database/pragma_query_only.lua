-- PRAGMA query_only = off.
-- expect: failed error
-- error: PRAGMA
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("delete from item")
    db.exec("pragma query_only = off")
    return { executed = true }
  end,
}
