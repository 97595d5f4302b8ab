-- Drop a table that nothing needs any more
local TABLE = "…" -- its name
local MOST_ROWS = 0 -- with more rows than this the script fails, and the table stays

local function check_filled_in()
  if TABLE == "…" then error("fill in the values at the top of this script") end
end

---@type fettle.Script
return {
  description = "%TITLE%",
  -- transaction = false, -- MariaDB drops no table inside a transaction

  shouldRun = function()
    check_filled_in()
    return db.hasTable(TABLE)
  end,

  execute = function()
    check_filled_in()
    local name = db.quote(TABLE)
    local rows = db.value("select count(*) from " .. name)
    if rows > MOST_ROWS then error(("%s has %d rows, more than %d"):format(TABLE, rows, MOST_ROWS)) end
    db.exec("drop table " .. name)
    return { executed = true, message = ("dropped %s with %d rows"):format(TABLE, rows), rows = rows }
  end,
}
