-- A value with metamethods as a parameter.
-- expect: failed error
-- error: parameter 1 is a table
return {
  shouldRun = function() return true end,
  execute = function()
    db.value("select ?", setmetatable({}, { __tostring = function() return "x" end }))
    return { executed = true }
  end,
}
