-- 40,000 parameters.
-- expect: failed error
-- error: too many columns
return {
  shouldRun = function() return true end,
  execute = function()
    db.value("select ?" .. (", ?"):rep(39999), table.unpack({}, 1, 40000))
    return { executed = true }
  end,
}
