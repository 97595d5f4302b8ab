-- Ends or begins a transaction: COMMIT TRANSACTION.
-- expect: failed error
-- error: one transaction
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("delete from item")
    db.exec("/* x */ -- y\n COMMIT TRANSACTION")
    return { executed = true }
  end,
}
