-- Checks the whole database again and again.
-- expect: failed timeout
-- error: time limit of 200 ms
-- time: 250 ms over 200 ms
return {
  timeout = 0.2,
  shouldRun = function() return true end,
  execute = function()
    db.exec("create temp table t as with recursive n(i) as (select 1 union all select i + 1 from n where i < 100000) select i from n")
    while true do db.query("pragma integrity_check") end
    return { executed = true }
  end,
}
