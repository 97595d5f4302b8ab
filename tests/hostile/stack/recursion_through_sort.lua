-- Calls itself through table.sort.
-- expect: failed error
-- error: stack overflow
-- time: 5250 ms
return {
  timeout = 5,
  shouldRun = function() return true end,
  execute = function()
    local function f() table.sort({ 1, 2, 3 }, f) end
    f()
    return { executed = true }
  end,
}
