-- A sort of rows without end.
-- expect: failed timeout
-- error: time limit of 200 ms
-- time: 250 ms over 200 ms
return {
  timeout = 0.2,
  shouldRun = function() return true end,
  execute = function()
    db.value("with recursive n(i) as (select 1 union all select i + 1 from n) select i from n order by random() limit 1")
    return { executed = true }
  end,
}
