-- A join of 100 tables.
-- expect: failed error
-- error: at most 64 tables
return {
  shouldRun = function() return true end,
  execute = function()
    db.value("select 1 from item" .. (", item"):rep(99))
    return { executed = true }
  end,
}
