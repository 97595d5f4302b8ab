-- The metatable of strings belongs to all code of a state.
-- expect: failed error
-- error: attempt to index a boolean
return {
  shouldRun = function() return true end,
  execute = function()
    getmetatable("").__index = function() return error end
    return { executed = true }
  end,
}
