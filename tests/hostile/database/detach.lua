-- DETACH.
-- expect: failed error
-- error: DETACH is not for scripts
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("delete from item")
    db.exec("detach main")
    return { executed = true }
  end,
}
