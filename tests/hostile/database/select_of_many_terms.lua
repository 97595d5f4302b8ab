-- A compound of 10,000 terms.
-- expect: failed error
-- error: too many terms in compound SELECT
return {
  shouldRun = function() return true end,
  execute = function()
    db.value("select 1" .. (" union all select 1"):rep(10000))
    return { executed = true }
  end,
}
