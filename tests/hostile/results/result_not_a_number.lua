-- A result that JSON has no word for.
-- expect: failed contract
-- error: nan
return {
  shouldRun = function() return true end,
  execute = function()
    return { executed = true, value = 0/0 }
  end,
}
