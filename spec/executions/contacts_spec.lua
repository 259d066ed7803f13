--- The contacts of a campaign: arrays, iterators, CSV (RFC 4180) and JSON Lines, read as streams, with the line of what is wrong.
local child = require "spec.child"
local contacts = require "studio.executions.contacts"
local address = require "studio.executions.contacts.address"

describe("Contacts", function()
  local directory

  setup(function() directory = child.directory() end)
  teardown(function() child.remove(directory) end)

  local function file(name, text)
    local path = directory .. "/" .. name
    local handle = assert(io.open(path, "wb"))
    handle:write(text)
    handle:close()
    return path
  end

  -- All contacts of a source as `n to parameters`; or what is wrong with it.
  local function read(source, common)
    local opened, err = contacts.open(source, common)
    if not opened then return err.message:gsub(directory .. "/", "") end
    local found = {}
    local contact
    contact, err = opened.next()
    while contact do
      found[#found + 1] = ("%d %s %s"):format(contact.n, contact.to, contact.parameters or "-")
      contact, err = opened.next()
    end
    opened.close()
    if err then
      assert.equal("argument", err.kind)
      return (err.message:gsub(directory .. "/", ""))
    end
    return found
  end

  it("are numbers or rows of an array", function()
    assert.same({ "1 +15550000001 -", "2 +15550000002 {\"n\":1,\"name\":\"Ada\"}", "3 +15550000003 -" },
      read { "+15550000001", { to = "+1 555 000 0002", name = "Ada", n = 1 }, { to = "+15550000003" } })
  end)

  it("have the common parameters under their own", function()
    assert.same({ "1 +15550000001 -", "2 +15550000002 {\"a\":1,\"b\":3}" },
      read({ "+15550000001", { to = "+15550000002", b = 3 } }, { a = 1, b = 2 }))
  end)

  it("are what an iterator gives", function()
    local index = 0
    local source = setmetatable({}, { __call = function()
      index = index + 1
      if index <= 2 then return "+1555000000" .. index end
    end })
    assert.same({ "1 +15550000001 -", "2 +15550000002 -" }, read(source))
  end)

  it("have one form for each number", function()
    for _, text in ipairs { "+1 (555) 000-0001", " +1.555.000.0001 ", "+1/555/0000001", "+1\194\160555\226\128\147000\226\128\1450001" } do
      assert.equal("+15550000001", address.normalised(text))
    end
    assert.equal("whatsapp:+15550000001", address.normalised "whatsapp:+1 555 000-0001")
    assert.equal("client:alice", address.normalised "client:alice")
    for _, text in ipairs {
      "15550000001", "0015550000001", "+0555000000", "+1555", "+1555000000123456", "+1555O000001", "", " ", "a\nb:c",
    } do
      local found, message = address.normalised(text)
      assert.is_nil(found)
      assert.truthy(message:find("'to'", 1, true))
    end
  end)

  it("of an array are refused with their place", function()
    assert.equal("contact 2: 'to' must be a number with its country, such as +15550001111, got '12345'", read { "+15550000001", "12345" })
    assert.equal("contact 1: 'to' must be a text, such as \"+15550001111\", got nil", read { { phone = "+15550000001" } })
    assert.equal("contact 1: 'to' is not UTF-8", read { "client:Zo\235" })
    assert.equal("contact 1: this cannot be written as JSON: at .name: the string is not valid UTF-8",
      read { { to = "+15550000001", name = "Zo\235" } })
    assert.truthy(read { { to = "+15550000001", what = print } }:find "^contact 1: ")
    assert.has_error(function() contacts.open { to = "+15550000001" } end)
    assert.has_error(function() contacts.open(5) end)
  end)

  describe("in CSV", function()
    it("are read with quotes, line breaks, commas and either ending of lines", function()
      local text = 'To,name,"what, else"\r\n+15550000001,Ada,"a ""b"" c"\r\n"+15550000002","x\r\ny, z",\n\n+15550000003,,1\r\n'
      assert.same({
        '2 +15550000001 {"name":"Ada","what, else":"a \\"b\\" c"}', '3 +15550000002 {"name":"x\\r\\ny, z","what, else":""}',
        '6 +15550000003 {"name":"","what, else":"1"}',
      }, read(file("a.csv", text)))
    end)

    it("are read behind a byte order mark, and without a last line break", function()
      assert.same({ "2 +15550000001 -", "3 +15550000002 -" }, read(file("b.csv", "\239\187\191to\n+15550000001\n+15550000002")))
      assert.same({ '2 +15550000001 {"a":"x"}' }, read(file("c.csv", 'a,to\n"x","+15550000001"')))
    end)

    it("are the same wherever a block of the file ends", function()
      local row = '+1%d,"%s","a ""quoted"" word, and\r\na line",x\r\n'
      local parts, wanted = { "to,filler,text,last\r\n" }, {}
      for index = 1, 200 do
        local filler = ("f"):rep(600 + index % 50)
        parts[#parts + 1] = row:format(5550000000 + index, filler)
        wanted[index] = ('%d +1%d {"filler":"%s","last":"x","text":"a \\"quoted\\" word, and\\r\\na line"}'):format(2 * index,
          5550000000 + index, filler)
      end
      assert.same(wanted, read(file("long.csv", table.concat(parts))))
    end)

    it("are refused with the line", function()
      local bad = {
        [""] = "line 1: the file is empty: its first line must name the columns",
        ["phone\n+15550000001\n"] = "line 1: the header has no column 'to', but phone",
        ["to;a\n+15550000001;1\n"] = "line 1: the header has no column 'to': the columns are separated by ';', not by commas",
        ["to\ta\n+15550000001\t1\n"] = "line 1: the header has no column 'to': the columns are separated by tabs, not by commas",
        ["\255\254t\0o\0\n\0"] = "line 1: the header has no column 'to': expected UTF-8, this looks like UTF-16",
        ["+15550000001,Ann\n"] = "line 1: the header has no column 'to': the first line must name the columns, such as to,name",
        ["to,a,a\n"] = "line 1: the header names the column 'a' twice",
        ["to,\n"] = "line 1: column 2 of the header has no name",
        ["to,a\n+15550000001,1\n+15550000002\n"] = "line 3: 1 field, where the header has 2",
        ["to,a\n+15550000001,\"1\n2\n3\n"] = "line 2: a quote is opened and never closed",
        ["to,a\n+15550000001,1\"2\n"] = "line 2: a quote stands in a field that does not begin with one",
        ["to,a\n+15550000001,\"1\"2\n"] = "line 2: something follows the closing quote of a field",
        ["to,a\n+15550000001,1\r+15550000002,2\n"] = "line 2: a carriage return stands alone",
        ["to,a\n\"+15550000001\",\"1\n2\"\nbad,3\n"] =
          "line 4: 'to' must be a number with its country, such as +15550001111, got 'bad'",
        ["to\nZo\235:x\n"] = "line 2: 'to' must be a number with its country, such as +15550001111, got 'Zo\235:x'",
      }
      for text, message in pairs(bad) do assert.equal("x.csv, " .. message, read(file("x.csv", text))) end
    end)
  end)

  describe("in JSON Lines", function()
    it("are objects with values of any kind", function()
      assert.same({ '1 +15550000001 {"a":[1,{"b":null}]}', "3 +15550000002 -" },
        read(file("a.jsonl", '{"to":"+15550000001","a":[1,{"b":null}]}\n\n{"to":"+1 555 000 0002"}')))
      assert.same({ "1 +15550000001 -" }, read(file("contacts", '\239\187\191 {"to":"+15550000001"}\r\n')))
    end)

    it("are refused with the line", function()
      assert.truthy(read(file("b.jsonl", '{"to":"+15550000001"}\n{"to":\n')):find "^b.jsonl, line 2: this is not JSON")
      assert.equal("c.jsonl, line 1: a line must hold a JSON object", read(file("c.jsonl", "[1]\n")))
      assert.equal("d.jsonl, line 1: 'to' must be a text, such as \"+15550001111\", got number", read(file("d.jsonl", '{"to":1}\n')))
    end)
  end)

  it("in a file that cannot be read are an error", function()
    assert.truthy(read(directory .. "/none.csv"):find "^the contacts cannot be read: none.csv: No such file")
    assert.truthy(read(directory):find "^the contacts cannot be read: ")
  end)
end)
