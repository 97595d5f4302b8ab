-- Changes the metatable of db.null.
-- expect: failed error
-- error: table expected
return {
  shouldRun = function() return true end,
  execute = function()
    setmetatable(db.null, {})
    return { executed = true }
  end,
}
