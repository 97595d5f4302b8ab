-- Drops all tables, then says that it skipped.
-- expect: skipped
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("drop table item")
    return { skipped = true, message = "nothing happened" }
  end,
}
