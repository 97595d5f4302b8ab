-- Inserts rows without end.
-- expect: failed timeout
-- error: time limit of 200 ms
-- time: 250 ms over 200 ms
return {
  timeout = 0.2,
  shouldRun = function() return true end,
  execute = function()
    db.exec("insert into item (name) with recursive n(i) as (select 1 union all select i + 1 from n) select randomblob(1000) from n")
    return { executed = true }
  end,
}
