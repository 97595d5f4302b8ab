-- Runs after 005, which makes equal addresses equal. The oldest account stays.
local doubles = [[
  select c.id, (select min(id) from customers where email = c.email) as keep
  from customers c
  where c.id > (select min(id) from customers where email = c.email)
  order by c.id]]

return {
  description = "Merge customers with the same e-mail address",

  shouldRun = function()
    return db.first(doubles .. " limit 1") ~= nil
  end,

  execute = function()
    local orders = 0
    local merged = db.query(doubles)
    for _, double in ipairs(merged) do
      orders = orders + db.exec("update orders set customer_id = ? where customer_id = ?", double.keep, double.id)
      db.exec("update carts set customer_id = ? where customer_id = ?", double.keep, double.id)
      db.exec("delete from customers where id = ?", double.id)
    end
    return {
      executed = true,
      message = ("merged %d customers, repointed %d orders"):format(#merged, orders),
      merged = #merged,
      orders = orders,
    }
  end,
}
