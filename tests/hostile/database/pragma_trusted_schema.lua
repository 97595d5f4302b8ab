-- PRAGMA trusted_schema = on.
-- expect: failed error
-- error: PRAGMA
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("delete from item")
    db.exec("pragma trusted_schema = on")
    return { executed = true }
  end,
}
