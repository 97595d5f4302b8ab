-- NOT 100,000 times.
-- expect: failed error
-- error: parser stack overflow
return {
  shouldRun = function() return true end,
  execute = function()
    db.value("select " .. ("not "):rep(100000) .. "1")
    return { executed = true }
  end,
}
