-- VACUUM INTO makes a copy.
-- expect: failed error
-- error: VACUUM
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("delete from item")
    db.exec("vacuum into 'copy.db'")
    return { executed = true }
  end,
}
