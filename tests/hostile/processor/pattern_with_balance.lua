-- Quadratic work in %b, again and again.
-- expect: failed timeout
-- error: time limit of 200 ms while execute()
-- time: 250 ms over 200 ms
return {
  timeout = 0.2,
  shouldRun = function() return true end,
  execute = function()
    local text = ("("):rep(200000)
    text:find("%b()")
    return { executed = true }
  end,
}
