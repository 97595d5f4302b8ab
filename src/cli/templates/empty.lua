-- Both functions, still to be written (the default)
---@type fettle.Script
return {
  description = "%TITLE%",

  -- Is there anything to do? Reads only; returns true or false.
  shouldRun = function()
    error("shouldRun() is not written yet")
    -- return db.value("select count(*) from menu where page_id is null") > 0
  end,

  -- Does it, in one transaction that is rolled back on any error.
  execute = function()
    error("execute() is not written yet")
    -- local n = db.exec("delete from menu where page_id is null")
    -- return { executed = true, message = ("removed %d rows"):format(n), rows = n }
  end,
}
