-- A statement of 18 MB.
-- expect: failed error|memory
-- error: 16 MiB|out of memory
return {
  shouldRun = function() return true end,
  execute = function()
    local s = (" "):rep(9 << 20)
    db.exec("select 1" .. s .. s)
    return { executed = true }
  end,
}
