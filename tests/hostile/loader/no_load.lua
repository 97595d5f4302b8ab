-- Calls load.
-- expect: failed error
-- error: attempt to
return {
  shouldRun = function() return true end,
  execute = function()
    load("return os")()
    return { executed = true }
  end,
}
