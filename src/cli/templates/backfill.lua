-- Fill a column from the others where it is NULL
local TABLE = "…"
local KEY = "id" -- the column that tells its rows apart
local COLUMN = "…" -- the one to fill

-- What belongs into the column of this row; nil: nothing, it stays NULL.
local function value_of(row)
  error("fill in the values at the top of this script")
  -- return row.first_name .. " " .. row.last_name
end

local function check_filled_in()
  if TABLE == "…" or COLUMN == "…" then error("fill in the values at the top of this script") end
end

-- The rows that have a value to come, one after another, each as { value, key }.
local function values()
  local next_row = db.rows(("select * from %s where %s is null"):format(db.quote(TABLE), db.quote(COLUMN)))
  return function()
    for row in next_row do
      local value = value_of(row)
      if value ~= nil then return { value, row[KEY] } end
    end
  end
end

---@type fettle.Script
return {
  description = "%TITLE%",

  shouldRun = function()
    check_filled_in()
    return values()() ~= nil
  end,

  execute = function()
    check_filled_in()
    local names = { db.quote(TABLE), db.quote(COLUMN), db.quote(KEY) }
    local update = ("update %s set %s = ? where %s = ?"):format(table.unpack(names))
    local filled = db.executemany(update, values())
    return { executed = true, message = ("filled %s in %d rows"):format(COLUMN, filled), filled = filled }
  end,
}
