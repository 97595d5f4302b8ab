-- Sets its own environment to nil.
-- expect: failed error
-- error: _ENV
return {
  shouldRun = function() return true end,
  execute = function()
    _ENV = nil
    print("x")
    return { executed = true }
  end,
}
