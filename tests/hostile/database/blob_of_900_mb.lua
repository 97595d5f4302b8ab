-- zeroblob(900000000).
-- expect: failed error|timeout
-- error: larger than 15 MiB|time limit
-- time: 250 ms over 1000 ms
return {
  timeout = 1,
  shouldRun = function() return true end,
  execute = function()
    db.value("select zeroblob(900000000)")
    return { executed = true }
  end,
}
