-- A temporary table of randomblob, held in memory.
-- expect: failed error|timeout
-- time: 250 ms over 1000 ms
return {
  timeout = 1,
  shouldRun = function() return true end,
  execute = function()
    db.exec("create temp table t as with recursive n(i) as (select 1 union all select i + 1 from n where i < 4000) select randomblob(1000000) as x from n")
    return { executed = true }
  end,
}
