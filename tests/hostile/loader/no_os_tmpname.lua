-- Calls os.tmpname.
-- expect: failed error
-- error: attempt to
return {
  shouldRun = function() return true end,
  execute = function()
    os.tmpname()
    return { executed = true }
  end,
}
