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

local function query()
  return ("select * from %s where %s is null"):format(db.quote(TABLE), db.quote(COLUMN))
end

---@type fettle.Script
return {
  description = "%TITLE%",

  shouldRun = function()
    check_filled_in()
    for row in db.rows(query()) do
      if value_of(row) ~= nil then return true end
    end
    return false
  end,

  -- Each page is committed. Whatever ends the script, the next run goes on behind the last one.
  execute = function()
    check_filled_in()
    local names = { db.quote(TABLE), db.quote(COLUMN), db.quote(KEY) }
    local update = ("update %s set %s = ? where %s = ?"):format(table.unpack(names))
    local filled = 0
    local done = batch{
      query = query(),
      key = KEY,
      size = 1000,
      rows = function(rows)
        local values = {}
        for _, row in ipairs(rows) do
          local value = value_of(row)
          if value ~= nil then values[#values + 1] = { value, row[KEY] } end
        end
        filled = filled + db.executemany(update, values)
      end,
    }
    local message = ("filled %s in %d of %d rows"):format(COLUMN, filled, done.rows)
    return { executed = true, message = message, filled = filled }
  end,
}
