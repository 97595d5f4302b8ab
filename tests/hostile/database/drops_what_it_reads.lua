-- Drops a table inside a loop over it.
-- expect: failed error
-- error: still being read
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("create table mine as with recursive n(i) as (select 1 union all select i + 1 from n where i < 5000) select i from n")
    for _ in db.rows("select * from mine") do db.exec("drop table mine") end
    return { executed = true }
  end,
}
