-- Values that together are more than a statement can carry.
-- expect: failed error
-- error: the values of this call are larger than 15 MiB
return {
  shouldRun = function() return true end,
  execute = function()
    local s = ("x"):rep(12 << 20)
    db.value("select length(?) + length(?)", s, s)
    return { executed = true }
  end,
}
