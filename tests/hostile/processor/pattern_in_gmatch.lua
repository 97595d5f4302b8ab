-- The same in gmatch.
-- expect: failed timeout
-- error: time limit of 200 ms while execute()
-- time: 250 ms over 200 ms
return {
  timeout = 0.2,
  shouldRun = function() return true end,
  execute = function()
    for _ in (("a"):rep(60)):gmatch(("a*"):rep(30) .. "b") do end
    return { executed = true }
  end,
}
