-- What goes into a database comes out as it was, and what only a server knows comes out as text.
local function same(got, expected, what)
  if got ~= expected or math.type(got) ~= math.type(expected) then
    error(("%s: got %s (%s), expected %s"):format(what, tostring(got), math.type(got) or type(got), tostring(expected)), 2)
  end
end

local texts = { "", " ", "plain", "it's", "\"quoted\"", "a\\b", "emoji 😀", "line\nbreak", "?", "$1", ("x"):rep(100000) }
local numbers = { 0, 1, -1, 255, 65536, 2147483647, 2147483648, -2147483649, math.maxinteger, math.mininteger }
local doubles = { 0.5, -0.1, 1e300, 2.2250738585072014e-308, 0.1 + 0.2 }
local blobs = { "\0", "a\0b", "\xff\xfe", ("\0\xff"):rep(50000) }

return {
  shouldRun = function() return db.value("select count(*) from everything") == 0 end,
  execute = function()
    local id = 0
    local function through(column, value)
      id = id + 1
      same(db.exec("insert into everything (id, " .. column .. ") values (?, ?)", id, value), 1, "rows written")
      local row = db.first("select " .. column .. " as back from everything where id = ?", id)
      same(row.back, value, column)
    end
    for _, text in ipairs(texts) do through("words", text) end
    for _, number in ipairs(numbers) do through("whole", number) end
    for _, number in ipairs(doubles) do through("floating", number) end
    for _, bytes in ipairs(blobs) do through("bytes", bytes) end

    db.exec("insert into everything (id, words, whole) values (?, ?, ?)", 900, db.null, db.null)
    local row = db.first("select * from everything where id = 900")
    same(row.words, nil, "null text")
    same(row.whole, nil, "null number")
    same(row.id, 900, "id beside nulls")

    if db.engine ~= "sqlite" then  -- SQLite has no exact decimals, dates or truth values of its own
      through("exact", "12345678901234567890.0123456789")
      through("day", "2024-02-29")
      db.exec("insert into everything (id, yes) values (901, ?), (902, ?)", true, false)
      local counted = db.engine == "mariadb" and 1 or true
      same(db.value("select yes from everything where id = 901"), counted, "true")
      db.exec("insert into everything (id, document) values (?, ?)", 903, '{"a": [1, "ü"]}')
      same(json.decode(db.value("select document from everything where id = 903")).a[2], "ü", "json")
    end
    same(db.value("select count(*) from everything where words = ?", "it's"), 1, "a text as a condition")
    same(db.value("select count(*) from everything where whole = ?", 255), 1, "a number as a condition")
    return { executed = true, message = db.engine }
  end,
}
