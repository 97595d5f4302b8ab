-- PRAGMA incremental_vacuum.
-- expect: failed error
-- error: PRAGMA
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("delete from item")
    db.exec("pragma incremental_vacuum")
    return { executed = true }
  end,
}
