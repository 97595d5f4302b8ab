-- Compares long equal strings without end.
-- expect: failed timeout
-- error: time limit of 200 ms while execute()
-- time: 250 ms over 200 ms
return {
  timeout = 0.2,
  shouldRun = function() return true end,
  execute = function()
    local a, b = ("a"):rep(4000000) .. "b", ("a"):rep(4000000) .. "c"
    while true do local _ = a < b end
    return { executed = true }
  end,
}
