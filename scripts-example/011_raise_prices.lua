-- A script may decide late that there is nothing to do: skip() ends it, and what it changed is taken back.
description = "Raise prices by two percent, once they are unlocked"

function shouldRun()
  return db.value("select value from settings where name = 'prices_raised'") == nil
end

function execute()
  if db.value("select value from settings where name = 'prices_locked'") == "1" then
    skip("prices are locked (settings.prices_locked = 1)")
  end
  local raised = db.exec("update products set price_cents = round(price_cents * 1.02)")
  db.exec("insert into settings (name, value) values ('prices_raised', '2')")
  return { executed = true, message = ("raised %d prices"):format(raised) }
end
