-- skip("").
-- expect: failed error
-- error: skip needs a reason
return {
  shouldRun = function() return true end,
  execute = function()
    skip(" \n ")
  end,
}
