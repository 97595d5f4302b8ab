-- string.dump by the metatable of strings, where a copied table would have left it.
-- expect: failed error
-- error: attempt to
return {
  shouldRun = function() return true end,
  execute = function()
    local code = ("").dump(function() end)
    return { executed = true }
  end,
}
