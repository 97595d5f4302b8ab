-- An error text in no encoding.
-- expect: failed error
return {
  shouldRun = function() return true end,
  execute = function()
    error("\xff\xfe\x80", 0)
  end,
}
