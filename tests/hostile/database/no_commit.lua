-- Ends or begins a transaction: commit.
-- expect: failed error
-- error: one transaction
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("delete from item")
    db.exec("commit")
    return { executed = true }
  end,
}
