-- shouldRun() says true or false, nothing else.
-- expect: failed contract
-- error: true or false
return {
  shouldRun = function()
    return 1
  end,
  execute = function() return { executed = true } end,
}
