-- Calls itself for ever.
-- expect: failed memory|error
-- time: 5250 ms
-- memory: 10 % over 32 MiB
return {
  timeout = 5,
  shouldRun = function() return true end,
  execute = function()
    local function f() return 1 + f() end
    f()
    return { executed = true }
  end,
}
