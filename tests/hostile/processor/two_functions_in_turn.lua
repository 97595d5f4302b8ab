-- Two functions that call each other for ever.
-- expect: failed timeout
-- error: time limit of 200 ms while execute()
-- time: 250 ms over 200 ms
return {
  timeout = 0.2,
  shouldRun = function() return true end,
  execute = function()
    local a, b
    a = function() return b() end
    b = function() return a() end
    a()
    return { executed = true }
  end,
}
