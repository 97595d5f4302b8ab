-- A temporary table that would hide a table of the next script.
-- expect: succeeded
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("create temp table honest (x)")
    db.exec("create temp view item as select 1 as id")
    return { executed = true }
  end,
}
