-- PRAGMA max_page_count = 1.
-- expect: failed error
-- error: PRAGMA
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("delete from item")
    db.exec("pragma max_page_count = 1")
    return { executed = true }
  end,
}
