-- A name that doubles with each of 40 views: the compiler of SQL is the bomb.
-- expect: failed timeout
-- error: time limit of 200 ms
-- time: 250 ms over 200 ms
return {
  timeout = 0.2,
  shouldRun = function() return true end,
  execute = function()
    local sql = "with v0(x) as (select 1)"
    for i = 1, 40 do sql = sql .. (", v%d(x) as (select x from v%d union all select x from v%d)"):format(i, i - 1, i - 1) end
    db.value(sql .. " select count(*) from v40")
    return { executed = true }
  end,
}
