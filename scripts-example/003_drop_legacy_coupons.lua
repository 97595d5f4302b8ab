-- Coupons moved to their own service in 2023; nothing reads this table any more.
return {
  description = "Drop the table coupons_old",
  transaction = false,  -- MariaDB commits around DROP TABLE, and this is one statement

  shouldRun = function()
    return db.hasTable("coupons_old")
  end,

  execute = function()
    local rows = db.value("select count(*) from coupons_old")
    if rows > 100 then
      return { executed = false, error = ("coupons_old holds %d rows, expected a handful: look before it is dropped"):format(rows) }
    end
    db.exec("drop table coupons_old")
    return { executed = true, message = ("dropped coupons_old with %d rows"):format(rows) }
  end,
}
