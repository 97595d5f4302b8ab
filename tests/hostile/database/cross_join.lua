-- A join of a table with itself, twelve times over.
-- expect: failed timeout
-- error: time limit of 200 ms
-- time: 250 ms over 200 ms
return {
  timeout = 0.2,
  shouldRun = function() return true end,
  execute = function()
    db.exec("create temp table t as with recursive n(i) as (select 1 union all select i + 1 from n where i < 1000) select i from n")
    db.value("select count(*) from t a, t b, t c, t d, t e, t f")
    return { executed = true }
  end,
}
