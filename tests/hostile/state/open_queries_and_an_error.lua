-- Leaves queries open and fails.
-- expect: failed error
-- error: left open
return {
  shouldRun = function() return true end,
  execute = function()
    open = {}
    for i = 1, 30 do open[i] = db.rows("with recursive n(i) as (select 1 union all select i + 1 from n where i < 5000) select i from item, n") open[i]() end
    db.exec("delete from item")
    error("left open")
  end,
}
