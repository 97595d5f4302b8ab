-- printf of 900 MB.
-- expect: failed error|timeout
-- time: 250 ms over 1000 ms
return {
  timeout = 1,
  shouldRun = function() return true end,
  execute = function()
    db.value("select printf('%.*c', 900000000, 'x')")
    return { executed = true }
  end,
}
