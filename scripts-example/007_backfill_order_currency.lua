return {
  description = "Fill orders.currency where it is empty",

  shouldRun = function()
    return db.value("select count(*) from orders where currency is null") > 0
  end,

  execute = function()
    local currency = db.value("select value from settings where name = ?", "currency") or "EUR"
    local filled = db.exec("update orders set currency = ? where currency is null", currency)
    return { executed = true, message = ("set %s on %d orders"):format(currency, filled), filled = filled }
  end,
}
