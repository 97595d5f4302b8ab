-- Copy missing rows from another configured database
local FROM = "…" -- the database that has them: [databases.NAME] of config.toml
local TABLE = "…" -- its name in both
local COLUMNS = { "…" } -- { "id", "name" }; the first one tells the rows apart

local function check_filled_in()
  if FROM == "…" or TABLE == "…" or COLUMNS[1] == "…" then error("fill in the values at the top of this script") end
  assert(databases[FROM], ("config.toml has no [databases.%s]"):format(FROM))
end

local function quoted(database)
  local names = {}
  for index, column in ipairs(COLUMNS) do names[index] = database.quote(column) end
  return names
end

-- The rows that only the other database has, one after another, as values in the order of the columns.
local function missing()
  local key, here = COLUMNS[1], {}
  for row in db.rows(("select %s from %s"):format(db.quote(key), db.quote(TABLE))) do here[row[key]] = true end
  local from = databases[FROM]
  local next_row = from.rows(("select %s from %s"):format(table.concat(quoted(from), ", "), from.quote(TABLE)))
  return function()
    for row in next_row do
      if not here[row[key]] then
        local values = {}
        for index, column in ipairs(COLUMNS) do
          values[index] = row[column] == nil and db.null or row[column]
        end
        return values
      end
    end
  end
end

---@type fettle.Script
return {
  description = "%TITLE%",

  shouldRun = function()
    check_filled_in()
    return missing()() ~= nil
  end,

  execute = function()
    check_filled_in()
    local names = table.concat(quoted(db), ", ")
    local places = ("?, "):rep(#COLUMNS - 1) .. "?"
    local insert = ("insert into %s (%s) values (%s)"):format(db.quote(TABLE), names, places)
    local copied = db.executemany(insert, missing())
    return { executed = true, message = ("copied %d rows of %s"):format(copied, TABLE), copied = copied }
  end,
}
