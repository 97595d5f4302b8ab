-- Another table renamed to their name.
-- expect: failed error
-- error: already another table
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("create table mine (x)")
    db.exec("alter table mine rename to fettle_receipts")
    return { executed = true }
  end,
}
