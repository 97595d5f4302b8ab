-- Calls string.dump.
-- expect: failed error
-- error: attempt to
return {
  shouldRun = function() return true end,
  execute = function()
    string.dump(print)
    return { executed = true }
  end,
}
