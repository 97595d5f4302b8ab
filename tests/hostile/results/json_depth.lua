-- JSON of 100,000 brackets.
-- expect: failed error
-- error: 64 levels
return {
  shouldRun = function() return true end,
  execute = function()
    json.decode(("["):rep(100000))
  end,
}
