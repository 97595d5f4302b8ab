-- PRAGMA case_sensitive_like = on.
-- expect: failed error
-- error: PRAGMA
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("delete from item")
    db.exec("pragma case_sensitive_like = on")
    return { executed = true }
  end,
}
