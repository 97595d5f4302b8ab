-- COMMIT as a streaming query.
-- expect: failed error
-- error: one transaction
return {
  shouldRun = function() return true end,
  execute = function()
    for _ in db.rows("commit") do end
    return { executed = true }
  end,
}
