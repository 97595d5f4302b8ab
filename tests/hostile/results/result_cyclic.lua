-- A table that contains itself.
-- expect: failed contract
-- error: deeper
return {
  shouldRun = function() return true end,
  execute = function()
    local t = { executed = true }
    t.t = t
    return t
  end,
}
