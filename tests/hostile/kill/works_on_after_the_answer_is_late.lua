-- Swallows the limit in C: a pattern inside pcall inside a coroutine.
-- expect: failed timeout
-- error: time limit of 200 ms
-- time: 250 ms over 200 ms
return {
  timeout = 0.2,
  shouldRun = function() return true end,
  execute = function()
    coroutine.wrap(function() pcall(string.find, ("a"):rep(60), ("a*"):rep(30) .. "b") end)()
    while true do end
    return { executed = true }
  end,
}
