-- A pragma in other letters and quotation marks.
-- expect: failed error
-- error: PRAGMA
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("delete from item")
    db.exec("PrAgMa [main].'SYNCHRONOUS' = 0")
    return { executed = true }
  end,
}
