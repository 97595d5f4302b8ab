-- Ends or begins a transaction: begin immediate.
-- expect: failed error
-- error: one transaction
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("delete from item")
    db.exec("begin immediate")
    return { executed = true }
  end,
}
