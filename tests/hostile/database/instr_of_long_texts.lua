-- instr() of quadratic length.
-- expect: failed timeout
-- error: time limit of 200 ms
-- time: 250 ms over 200 ms
return {
  timeout = 0.2,
  shouldRun = function() return true end,
  execute = function()
    db.value("select instr(zeroblob(100000000), zeroblob(50000000) || x'01')")
    return { executed = true }
  end,
}
