-- Encodes a table that contains itself.
-- expect: failed error
-- error: deeper
return {
  shouldRun = function() return true end,
  execute = function()
    local t = {}
    t[1] = t
    json.encode(t)
  end,
}
