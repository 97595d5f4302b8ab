-- PRAGMA no_such_pragma = 1.
-- expect: failed error
-- error: PRAGMA
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("delete from item")
    db.exec("pragma no_such_pragma = 1")
    return { executed = true }
  end,
}
