-- next over a table that is refilled behind it.
-- expect: failed timeout
-- error: time limit of 200 ms while execute()
-- time: 250 ms over 200 ms
return {
  timeout = 0.2,
  shouldRun = function() return true end,
  execute = function()
    local t = {}
    while true do for k in next, t do t[k] = nil end t[1] = 1 end
    return { executed = true }
  end,
}
