-- %p tells an address.
-- expect: failed error
-- error: %p is not available
return {
  shouldRun = function() return true end,
  execute = function()
    string.format("%20p", print)
  end,
}
