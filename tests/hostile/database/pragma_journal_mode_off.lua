-- PRAGMA main.journal_mode(off).
-- expect: failed error
-- error: PRAGMA
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("delete from item")
    db.exec("pragma main.journal_mode(off)")
    return { executed = true }
  end,
}
