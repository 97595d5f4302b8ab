-- The same by rawset.
-- expect: failed error
-- error: table expected
return {
  shouldRun = function() return true end,
  execute = function()
    rawset(getmetatable(""), "__index", {})
    return { executed = true }
  end,
}
