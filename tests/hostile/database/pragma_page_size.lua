-- PRAGMA page_size = 512.
-- expect: failed error
-- error: PRAGMA
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("delete from item")
    db.exec("pragma page_size = 512")
    return { executed = true }
  end,
}
