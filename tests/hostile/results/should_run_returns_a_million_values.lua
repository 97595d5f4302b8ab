-- shouldRun() says true or false, nothing else.
-- expect: failed contract
-- error: true or false
return {
  shouldRun = function()
    return table.unpack({}, 1, 500000)
  end,
  execute = function() return { executed = true } end,
}
