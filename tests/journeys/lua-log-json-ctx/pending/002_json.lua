return { shouldRun = function() return true end, execute = function()
  local text = json.encode({ a = { 1, 2.5, "x", true } })
  local back = json.decode(text)
  assert(back.a[1] == 1 and back.a[2] == 2.5 and back.a[3] == "x" and back.a[4] == true)
  assert(json.decode('{"n": null}').n == nil or json.decode('{"n": null}').n == db.null)
  assert(not pcall(json.decode, "{") and not pcall(json.encode, print))
  return { executed = true }
end }
