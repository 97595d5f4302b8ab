-- Calls itself through pcall.
-- expect: failed error|memory
-- error: still here
-- time: 5250 ms
-- memory: 10 % over 32 MiB
return {
  timeout = 5,
  shouldRun = function() return true end,
  execute = function()
    local function f() return pcall(f) and 1 end
    for _ = 1, 10 do f() end
    error("still here")
  end,
}
