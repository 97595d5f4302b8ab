-- JSON of 100,000 objects.
-- expect: failed error
-- error: 64 levels
return {
  shouldRun = function() return true end,
  execute = function()
    json.decode(("{\"a\":"):rep(100000))
  end,
}
