-- PRAGMA wal_checkpoint(truncate).
-- expect: failed error
-- error: PRAGMA
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("delete from item")
    db.exec("pragma wal_checkpoint(truncate)")
    return { executed = true }
  end,
}
