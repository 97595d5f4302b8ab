-- `executed` that is there only through __index.
-- expect: failed contract
-- error: without `executed`
return {
  shouldRun = function() return true end,
  execute = function()
    return setmetatable({}, { __index = { executed = true } })
  end,
}
