-- shouldRun() says true or false, nothing else.
-- expect: failed contract
-- error: true or false
return {
  shouldRun = function()
    return nil
  end,
  execute = function() return { executed = true } end,
}
