-- DETACH.
-- expect: failed error
-- error: ATTACH
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("delete from item")
    db.exec("detach main")
    return { executed = true }
  end,
}
