-- A second statement behind the first.
-- expect: failed error
-- error: one statement
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("select 1; delete from item")
    return { executed = true }
  end,
}
