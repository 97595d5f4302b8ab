-- VACUUM inside the transaction.
-- expect: failed error
-- error: VACUUM
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("delete from item")
    db.exec("vacuum")
    return { executed = true }
  end,
}
