-- SQL that is no text.
-- expect: failed error
-- error: syntax error
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("\xff\xfe\27[2J")
    return { executed = true }
  end,
}
