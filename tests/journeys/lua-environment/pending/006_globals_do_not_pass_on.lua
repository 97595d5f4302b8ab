return {
  shouldRun = function()
    left = 1
    return true
  end,
  execute = function()
    leaked = "from 006"
    return { executed = true }
  end,
}
