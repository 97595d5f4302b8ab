-- Insert rows that must be there, where they are missing
local TABLE = "…"
local COLUMNS = { "…" } -- { "code", "name" }; the first one tells the rows apart
local ROWS = {
  -- { "EUR", "Euro" },
}

local function check_filled_in()
  if TABLE == "…" or COLUMNS[1] == "…" or #ROWS == 0 then error("fill in the values at the top of this script") end
end

local function missing()
  local count = ("select count(*) from %s where %s = ?"):format(db.quote(TABLE), db.quote(COLUMNS[1]))
  local rows = {}
  for _, row in ipairs(ROWS) do
    if db.value(count, row[1]) == 0 then rows[#rows + 1] = row end
  end
  return rows
end

local function insert()
  local names, places = {}, {}
  for index, column in ipairs(COLUMNS) do
    names[index], places[index] = db.quote(column), "?"
  end
  local into = { db.quote(TABLE), table.concat(names, ", "), table.concat(places, ", ") }
  return ("insert into %s (%s) values (%s)"):format(table.unpack(into))
end

---@type fettle.Script
return {
  description = "%TITLE%",

  shouldRun = function()
    check_filled_in()
    return #missing() > 0
  end,

  execute = function()
    check_filled_in()
    local inserted = db.executemany(insert(), missing())
    return { executed = true, message = ("inserted %d rows into %s"):format(inserted, TABLE), inserted = inserted }
  end,
}
