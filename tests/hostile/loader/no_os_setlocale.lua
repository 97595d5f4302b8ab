-- Calls os.setlocale.
-- expect: failed error
-- error: attempt to
return {
  shouldRun = function() return true end,
  execute = function()
    os.setlocale("C")
    return { executed = true }
  end,
}
