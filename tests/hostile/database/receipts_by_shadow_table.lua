-- An fts table whose shadow table would have their name.
-- expect: failed error
-- error: already another table
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("create virtual table fettle using fts5(x)")
    db.exec("alter table fettle rename to fettle_receipts")
    return { executed = true }
  end,
}
