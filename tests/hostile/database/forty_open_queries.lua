-- More queries open at the same time than there may be.
-- expect: failed error
-- error: at the same time
return {
  shouldRun = function() return true end,
  execute = function()
    local open = {}
    for i = 1, 40 do open[i] = db.rows("with recursive n(i) as (select 1 union all select i + 1 from n where i < 5000) select i from n") end
    return { executed = true }
  end,
}
