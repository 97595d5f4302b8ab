-- A recursive query without end.
-- expect: failed timeout
-- error: time limit
-- time: 250 ms over 200 ms
return {
  timeout = 0.2,
  shouldRun = function()
    return db.value("with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) from n") > 0
  end,
  execute = function() return { executed = true } end,
}
