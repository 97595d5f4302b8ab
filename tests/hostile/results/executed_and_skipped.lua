-- Both at once.
-- expect: failed contract
-- error: only be one
return {
  shouldRun = function() return true end,
  execute = function()
    return { executed = true, skipped = true, message = "x" }
  end,
}
