-- Keeps the object that skip() raises and raises it again later.
-- expect: skipped
-- reason: first
return {
  shouldRun = function() return true end,
  execute = function()
    local _, object = pcall(skip, "first")
    error(object)
  end,
}
