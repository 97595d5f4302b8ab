-- executemany with one row of very many bytes.
-- expect: failed error
-- error: the values of this call are larger than 15 MiB
return {
  timeout = 5,
  shouldRun = function() return true end,
  execute = function()
    local s = ("x"):rep(8 << 20)
    db.executemany("insert into item (name) values (?)", { { s, s, s, s, s, s, s, s, s, s, s, s, s, s, s, s, s, s, s, s } })
    return { executed = true }
  end,
}
