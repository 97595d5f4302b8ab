-- shouldRun() says true or false, nothing else.
-- expect: failed contract
-- error: true or false
return {
  shouldRun = function()
    local x = 1
  end,
  execute = function() return { executed = true } end,
}
