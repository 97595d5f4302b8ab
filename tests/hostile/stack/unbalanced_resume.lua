-- Resumes itself and the dead.
-- expect: failed error
-- error: cannot resume dead coroutine
-- time: 5250 ms
return {
  timeout = 5,
  shouldRun = function() return true end,
  execute = function()
    local co
    co = coroutine.create(function() return coroutine.resume(co) end)
    assert(coroutine.resume(co))
    assert(coroutine.resume(co))
    return { executed = true }
  end,
}
