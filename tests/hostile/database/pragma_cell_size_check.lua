-- PRAGMA cell_size_check = off.
-- expect: failed error
-- error: PRAGMA
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("delete from item")
    db.exec("pragma cell_size_check = off")
    return { executed = true }
  end,
}
