-- shouldRun() only reads: pragma query_only = off.
-- expect: failed error
-- error: PRAGMA query_only is not for scripts
return {
  shouldRun = function()
    db.exec("pragma query_only = off")
    return true
  end,
  execute = function() return { executed = true } end,
}
