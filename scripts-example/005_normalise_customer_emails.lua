local function normal(email)
  return (email:match("^%s*(.-)%s*$"):lower())
end

return {
  description = "Trim customers' e-mail addresses and write them in lower case",

  shouldRun = function()
    return db.value("select count(*) from customers where email <> lower(trim(email))") > 0
  end,

  execute = function()
    local customers = db.query("select id, email from customers where email <> lower(trim(email)) order by id")
    local bar = progress(#customers)
    for _, customer in ipairs(customers) do
      db.exec("update customers set email = ? where id = ?", normal(customer.email), customer.id)
      bar:step(1)
    end
    bar:finish()
    return { executed = true, message = ("normalised %d addresses"):format(#customers), changed = #customers }
  end,
}
