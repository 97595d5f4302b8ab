-- Yields out of __tostring inside a host function.
-- expect: failed error
-- error: attempt to yield across a C-call boundary
-- time: 5250 ms
return {
  timeout = 5,
  shouldRun = function() return true end,
  execute = function()
    local t = setmetatable({}, { __tostring = function() return coroutine.yield() end })
    coroutine.wrap(function() log.info(t) end)()
    return { executed = true }
  end,
}
