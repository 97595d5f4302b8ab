-- fts3_tokenizer(name, address) with a bound value makes that process jump to the address.
-- expect: failed error
-- error: fts3_tokenizer
return {
  shouldRun = function() return true end,
  execute = function()
    local address = string.pack("<I8", 0x4141414141414141) .. "\0"
    db.value("select fts3_tokenizer('simple', ?)", address:sub(1, 8))
    db.exec("create virtual table t using fts3(x)")
    return { executed = true }
  end,
}
