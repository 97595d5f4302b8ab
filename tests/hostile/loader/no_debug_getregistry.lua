-- Calls debug.getregistry.
-- expect: failed error
-- error: attempt to
return {
  shouldRun = function() return true end,
  execute = function()
    debug.getregistry()
    return { executed = true }
  end,
}
