-- Calls dofile.
-- expect: failed error
-- error: attempt to
return {
  shouldRun = function() return true end,
  execute = function()
    dofile()
    return { executed = true }
  end,
}
