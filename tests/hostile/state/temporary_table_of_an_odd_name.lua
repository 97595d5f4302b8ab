-- A temporary table whose name has to be quoted to be dropped.
-- expect: succeeded
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("create temp table " .. db.quote("a\"b'c; drop table item") .. " (x)")
    return { executed = true }
  end,
}
