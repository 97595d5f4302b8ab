-- Values that together are more than a statement can carry.
-- expect: failed error
-- error: 16 MiB
return {
  shouldRun = function() return true end,
  execute = function()
    local s = ("x"):rep(12 << 20)
    db.value("select length(?) + length(?)", s, s)
    return { executed = true }
  end,
}
