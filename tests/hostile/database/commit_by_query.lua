-- COMMIT where rows are asked for.
-- expect: failed error
-- error: one transaction
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("delete from item")
    db.query("commit")
    return { executed = true }
  end,
}
