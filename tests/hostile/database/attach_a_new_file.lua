-- ATTACH of a file that is not there.
-- expect: failed error
-- error: ATTACH
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("delete from item")
    db.exec("attach 'copy.db' as c")
    return { executed = true }
  end,
}
