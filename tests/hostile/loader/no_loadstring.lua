-- Calls loadstring.
-- expect: failed error
-- error: attempt to
return {
  shouldRun = function() return true end,
  execute = function()
    loadstring("return 1")()
    return { executed = true }
  end,
}
