-- Merge rows that say the same, and what points at them
local TABLE = "…"
local KEY = "id" -- of rows that say the same, the one with the least stays
local SAME = { "…" } -- columns in which they say the same: { "email" }; a row with NULL there is no duplicate
local POINTERS = { -- columns of other tables that name such a row
  -- { table = "orders", column = "customer_id" },
}

local function check_filled_in()
  if TABLE == "…" or SAME[1] == "…" then error("fill in the values at the top of this script") end
end

-- Each row that is too many, with the key of the one that stays.
local function duplicates()
  local same = {}
  for index, column in ipairs(SAME) do same[index] = db.quote(column) end
  local columns = table.concat(same, ", ")
  local sql = [[
    select other.KEY as other_key, first_ones.first_key from TABLE other
    join (select min(KEY) as first_key, COLUMNS from TABLE group by COLUMNS) first_ones using (COLUMNS)
    where other.KEY <> first_ones.first_key]]
  return db.query((sql:gsub("%u+", { KEY = db.quote(KEY), TABLE = db.quote(TABLE), COLUMNS = columns })))
end

---@type fettle.Script
return {
  description = "%TITLE%",

  shouldRun = function()
    check_filled_in()
    return #duplicates() > 0
  end,

  execute = function()
    check_filled_in()
    local moves, keys = {}, {}
    for index, row in ipairs(duplicates()) do
      moves[index], keys[index] = { row.first_key, row.other_key }, { row.other_key }
    end
    local moved = 0
    for _, pointer in ipairs(POINTERS) do
      local column = db.quote(pointer.column)
      local update = ("update %s set %s = ? where %s = ?"):format(db.quote(pointer.table), column, column)
      moved = moved + db.executemany(update, moves)
    end
    local merged = db.executemany(("delete from %s where %s = ?"):format(db.quote(TABLE), db.quote(KEY)), keys)
    return { executed = true, message = ("merged %d rows of %s"):format(merged, TABLE), merged = merged, moved = moved }
  end,
}
