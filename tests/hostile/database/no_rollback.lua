-- Ends or begins a transaction: rollback.
-- expect: failed error
-- error: one transaction
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("delete from item")
    db.exec("rollback")
    return { executed = true }
  end,
}
