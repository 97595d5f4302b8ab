-- Forges or hides receipts: A virtual table of the same name.
-- expect: failed error
-- error: fettle_receipts
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("delete from item")
    db.exec("create virtual table temp.fettle_receipts using fts5(x)")
    return { executed = true }
  end,
}
