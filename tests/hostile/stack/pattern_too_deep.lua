-- 250,000 items of a pattern.
-- expect: failed error|timeout
-- error: pattern too complex
-- time: 5250 ms
return {
  timeout = 5,
  shouldRun = function() return true end,
  execute = function()
    (("a"):rep(300000)):find(("a?"):rep(250000) .. "b")
    return { executed = true }
  end,
}
