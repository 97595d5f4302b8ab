-- ATTACH with a computed name.
-- expect: failed error
-- error: ATTACH
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("delete from item")
    db.exec("attach (select 'file:' || 'copy.db?mode=rwc') as c")
    return { executed = true }
  end,
}
