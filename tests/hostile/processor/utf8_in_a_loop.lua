-- A long text walked without end.
-- expect: failed timeout
-- error: time limit of 200 ms while execute()
-- time: 250 ms over 200 ms
return {
  timeout = 0.2,
  shouldRun = function() return true end,
  execute = function()
    local text = ("ä"):rep(1000000)
    while true do utf8.len(text) end
    return { executed = true }
  end,
}
