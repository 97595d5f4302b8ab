return {
  shouldRun = function() return true end,
  execute = function()
    return { executed = true, message = tostring({}) .. tostring(print) .. tostring(db) }
  end,
}
