-- PRAGMA cache_spill = off.
-- expect: failed error
-- error: PRAGMA
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("delete from item")
    db.exec("pragma cache_spill = off")
    return { executed = true }
  end,
}
