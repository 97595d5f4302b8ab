-- A coroutine in a result.
-- expect: failed contract
-- error: result.deep.co
return {
  shouldRun = function() return true end,
  execute = function()
    return { executed = true, deep = { co = coroutine.create(print) } }
  end,
}
