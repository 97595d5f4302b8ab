-- Calls warn.
-- expect: failed error
-- error: attempt to
return {
  shouldRun = function() return true end,
  execute = function()
    warn("@on")
    return { executed = true }
  end,
}
