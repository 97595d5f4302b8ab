-- PRAGMA mmap_size = 1000000000.
-- expect: failed error
-- error: PRAGMA
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("delete from item")
    db.exec("pragma mmap_size = 1000000000")
    return { executed = true }
  end,
}
