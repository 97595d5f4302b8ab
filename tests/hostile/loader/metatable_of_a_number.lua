-- Gives a basic type a metatable.
-- expect: failed error
-- error: table expected
return {
  shouldRun = function() return true end,
  execute = function()
    setmetatable(1, { __add = error })
    return { executed = true }
  end,
}
