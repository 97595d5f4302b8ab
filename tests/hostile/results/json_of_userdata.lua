-- Encodes what JSON cannot hold.
-- expect: failed error
-- error: function
return {
  shouldRun = function() return true end,
  execute = function()
    json.encode({ print })
  end,
}
