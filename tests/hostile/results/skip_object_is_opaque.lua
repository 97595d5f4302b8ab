-- Looks into the object that skip() raises.
-- expect: failed error
-- error: attempt to index
return {
  shouldRun = function() return true end,
  execute = function()
    local _, object = pcall(skip, "first")
    return object.x
  end,
}
