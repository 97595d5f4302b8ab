-- Ends or begins a transaction: END.
-- expect: failed error
-- error: one transaction
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("delete from item")
    db.exec("END")
    return { executed = true }
  end,
}
