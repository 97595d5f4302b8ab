-- An expression of 100,000 levels.
-- expect: failed error
-- error: parser stack overflow
return {
  shouldRun = function() return true end,
  execute = function()
    db.value("select " .. ("("):rep(100000) .. "1" .. (")"):rep(100000))
    return { executed = true }
  end,
}
