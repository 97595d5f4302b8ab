-- group_concat without end.
-- expect: failed error|timeout
-- time: 250 ms over 1000 ms
return {
  timeout = 1,
  shouldRun = function() return true end,
  execute = function()
    db.value("with recursive n(i) as (select 1 union all select i + 1 from n) select group_concat(hex(randomblob(100000))) from n")
    return { executed = true }
  end,
}
