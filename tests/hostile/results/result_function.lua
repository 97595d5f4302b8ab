-- A function in a result.
-- expect: failed contract
-- error: result.f
return {
  shouldRun = function() return true end,
  execute = function()
    return { executed = true, f = print }
  end,
}
