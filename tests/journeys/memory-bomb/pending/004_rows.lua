return { shouldRun = function() return true end, execute = function()
  db.query("with recursive n (i) as (select 1 union all select i + 1 from n where i < 5000000) select i, printf('%0100d', i) as text from n")
  return { executed = true }
end }
