-- A zero byte, behind which SQLite reads no further.
-- expect: failed error
-- error: zero byte
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("delete from item where 0\0; delete from item")
    return { executed = true }
  end,
}
