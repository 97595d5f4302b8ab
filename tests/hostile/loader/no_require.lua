-- Calls require.
-- expect: failed error
-- error: attempt to
return {
  shouldRun = function() return true end,
  execute = function()
    require("io")
    return { executed = true }
  end,
}
