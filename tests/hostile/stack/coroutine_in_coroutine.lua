-- A coroutine in a coroutine in a coroutine.
-- expect: failed error
-- error: stack overflow
-- time: 5250 ms
return {
  timeout = 5,
  shouldRun = function() return true end,
  execute = function()
    local function f() return coroutine.wrap(f)() end
    f()
    return { executed = true }
  end,
}
