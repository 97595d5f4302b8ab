-- PRAGMA ignore_check_constraints = on.
-- expect: failed error
-- error: PRAGMA
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("delete from item")
    db.exec("pragma ignore_check_constraints = on")
    return { executed = true }
  end,
}
