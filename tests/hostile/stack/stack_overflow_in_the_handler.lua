-- Overflows the stack and then needs more of it in the handler.
-- expect: failed error|memory
-- error: still here
-- time: 5250 ms
-- memory: 10 % over 32 MiB
return {
  timeout = 5,
  shouldRun = function() return true end,
  execute = function()
    local function f() return 1 + f() end
    local function h() return f() end
    xpcall(f, h)
    error("still here")
  end,
}
