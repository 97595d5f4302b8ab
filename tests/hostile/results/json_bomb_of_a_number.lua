-- A number of 10 million digits.
-- expect: succeeded|failed error
return {
  shouldRun = function() return true end,
  execute = function()
    local n = json.decode(("9"):rep(3000000))
    return { executed = true }
  end,
}
