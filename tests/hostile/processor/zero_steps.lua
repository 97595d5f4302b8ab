-- A loop with step 0.
-- expect: failed error
-- error: 'for' step is zero
return {
  shouldRun = function() return true end,
  execute = function()
    for _ = 1, 2, 0 do end
    return { executed = true }
  end,
}
