-- SQL out of __tostring.
-- expect: failed error
-- error: dot, not a colon
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec(setmetatable({}, { __tostring = function() return "delete from item" end }))
    return { executed = true }
  end,
}
