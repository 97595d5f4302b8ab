-- A plain search of quadratic length.
-- expect: failed timeout
-- error: time limit of 200 ms while execute()
-- time: 250 ms over 200 ms
return {
  timeout = 0.2,
  shouldRun = function() return true end,
  execute = function()
    local text = ("a"):rep(4000000)
    text:find(("a"):rep(2000000) .. "b", 1, true)
    return { executed = true }
  end,
}
