-- A handler that fails, and its handler.
-- expect: failed error
-- error: still here
-- time: 5250 ms
return {
  timeout = 5,
  shouldRun = function() return true end,
  execute = function()
    local function h() error(h) end
    xpcall(error, h)
    error("still here")
  end,
}
