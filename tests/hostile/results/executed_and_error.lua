-- Success and an error: a failure.
-- expect: failed error
-- error: no
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("delete from item")
    return { executed = true, error = "no" }
  end,
}
