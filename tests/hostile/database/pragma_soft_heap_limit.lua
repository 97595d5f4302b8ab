-- PRAGMA soft_heap_limit = 1.
-- expect: failed error
-- error: PRAGMA
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("delete from item")
    db.exec("pragma soft_heap_limit = 1")
    return { executed = true }
  end,
}
