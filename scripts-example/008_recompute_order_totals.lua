local wrong = [[
  from orders
  where total_cents <> (select coalesce(sum(quantity * unit_cents), 0) from order_items where order_id = orders.id)]]

-- MariaDB sums whole numbers as exact decimals, which come as text.
local function sum_of_all()
  return tonumber(db.value("select sum(total_cents) from orders"))
end

return {
  description = "Recompute order totals from their items",

  shouldRun = function()
    return db.value("select count(*) " .. wrong) > 0
  end,

  execute = function()
    local before = sum_of_all()
    local corrected = db.exec([[
      update orders
      set total_cents = (select coalesce(sum(quantity * unit_cents), 0) from order_items where order_id = orders.id)
      where id in (select id ]] .. wrong .. ")")
    local after = sum_of_all()
    assert(db.value("select count(*) " .. wrong) == 0, "totals are still wrong after they were recomputed")
    return {
      executed = true,
      message = ("corrected %d orders, %.2f in all"):format(corrected, (after - before) / 100),
      corrected = corrected,
      difference_cents = after - before,
    }
  end,
}
