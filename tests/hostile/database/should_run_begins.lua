-- shouldRun() only reads: begin exclusive.
-- expect: failed error
-- error: BEGIN is not for scripts
return {
  shouldRun = function()
    db.exec("begin exclusive")
    return true
  end,
  execute = function() return { executed = true } end,
}
