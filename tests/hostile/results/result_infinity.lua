-- A result that JSON has no word for.
-- expect: failed contract
-- error: inf
return {
  shouldRun = function() return true end,
  execute = function()
    return { executed = true, value = 1/0 }
  end,
}
