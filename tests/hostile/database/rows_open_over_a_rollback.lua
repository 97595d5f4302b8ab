-- Reads on after the transaction was ended.
-- expect: failed error
-- error: transaction
return {
  shouldRun = function() return true end,
  execute = function()
    local f, s, c, close = db.rows("with recursive n(i) as (select 1 union all select i + 1 from n where i < 5000) select i from n")
    f()
    pcall(db.exec, "insert or rollback into item (id, name) values (2, 'x')")
    for _ = 1, 5000 do f() end
    return { executed = true }
  end,
}
