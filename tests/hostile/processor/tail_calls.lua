-- A function that calls itself as its last act.
-- expect: failed timeout
-- error: time limit of 200 ms while execute()
-- time: 250 ms over 200 ms
return {
  timeout = 0.2,
  shouldRun = function() return true end,
  execute = function()
    local function f() return f() end
    f()
    return { executed = true }
  end,
}
