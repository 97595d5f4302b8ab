-- A query whose rows do not fit.
-- expect: failed memory
-- error: ran out of memory: the limit is 32
-- time: 8000 ms
-- memory: 10 % over 32 MiB
return {
  timeout = 8,
  shouldRun = function() return true end,
  execute = function()
    db.query("with recursive n(i) as (select 1 union all select i + 1 from n) select i, hex(randomblob(500)) as x from n")
    return { executed = true }
  end,
}
