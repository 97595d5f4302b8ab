-- Delete rows that should not be there
local TABLE = "…"
local WRONG = "…" -- which of its rows are wrong, as SQL: "page_id not in (select id from pages)"

local function check_filled_in()
  if TABLE == "…" or WRONG == "…" then error("fill in the values at the top of this script") end
end

local function wrong_rows()
  return db.value(("select count(*) from %s where %s"):format(db.quote(TABLE), WRONG))
end

---@type fettle.Script
return {
  description = "%TITLE%",

  shouldRun = function()
    check_filled_in()
    return wrong_rows() > 0
  end,

  execute = function()
    check_filled_in()
    local removed = db.exec(("delete from %s where %s"):format(db.quote(TABLE), WRONG))
    assert(wrong_rows() == 0, "there are wrong rows still")
    return { executed = true, message = ("removed %d rows from %s"):format(removed, TABLE), removed = removed }
  end,
}
