-- Hands an iterator from coroutine to coroutine.
-- expect: succeeded
return {
  timeout = 5,
  shouldRun = function() return true end,
  execute = function()
    local next_row = db.rows("with recursive n(i) as (select 1 union all select i + 1 from n where i < 3000) select i from n")
    local n = 0
    while true do
      local row = coroutine.wrap(function() local r = next_row() coroutine.yield(r) end)()
      if not row then break end
      n = n + 1
    end
    assert(n == 3000)
    return { executed = true }
  end,
}
