-- Many values that together are far larger than a message.
-- expect: failed error
-- error: the values of this call are larger than 15 MiB
return {
  timeout = 5,
  shouldRun = function() return true end,
  execute = function()
    local s = ("x"):rep(8 << 20)
    db.value("select ?1", table.unpack({ s, s, s, s, s, s, s, s, s, s, s, s, s, s, s, s, s, s, s, s, s, s, s, s, s, s, s, s, s, s }))
    return { executed = true }
  end,
}
