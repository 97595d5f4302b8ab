-- Keeps an open query of shouldRun() for execute().
-- expect: failed error
-- error: begun in shouldRun
local next_row
return {
  shouldRun = function()
    next_row = db.rows("with recursive n(i) as (select 1 union all select i + 1 from n where i < 5000) select i from n")
    next_row()
    return true
  end,
  execute = function()
    db.exec("delete from item")
    for _ = 1, 5000 do next_row() end
    return { executed = true }
  end,
}
