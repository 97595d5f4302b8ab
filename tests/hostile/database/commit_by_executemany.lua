-- COMMIT for each of many rows.
-- expect: failed error
-- error: one transaction
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("delete from item")
    db.executemany("commit", { {}, {} })
    return { executed = true }
  end,
}
