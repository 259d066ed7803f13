local codec = require "studio.flow.codec"
local data = dofile "spec/data/liquid.lua"
local liquid = require "studio.flow.liquid"

local NOW = 1767225600 -- 2026-01-01 00:00 UTC
local options = { now = NOW, codec = codec }

local function rendered(template, context)
  local text, problem = liquid.render(template, context or data.context, options)
  return text or error(tostring(problem), 2)
end

local function problem_of(template, context)
  local text, problem = liquid.render(template, context or data.context, options)
  assert.is_nil(text)
  assert.equal(81018, problem.code)
  return problem
end

describe("a Liquid template", function()
  it("gives what is noted for each in the image of those in live flows", function()
    assert.is_true(#data.same >= 60)
    for _, row in ipairs(data.same) do assert.equal(row[2], rendered(row[1])) end
  end)

  it("differs from Ruby's liquid where the service does, as is noted", function()
    for _, row in ipairs(data.different) do
      if type(row[3]) == "table" then
        assert.equal(row[3][1], problem_of(row[2]).message)
      else
        assert.equal(row[3], rendered(row[2]))
      end
    end
  end)

  it("is given back as it is when there is nothing to render", function()
    local long = ("x"):rep(20000)
    assert.equal(long, rendered(long))
    assert.equal("{ } %} }}", rendered "{ } %} }}")
    assert.is_false(liquid.has "{ }")
    assert.is_true(liquid.has "{{a}}")
    assert.is_true(liquid.has "{%")
  end)

  it("leaves the context as it was", function()
    local context = { list = { 3, 1, 2 }, name = "a" }
    rendered("{% assign name = 'b' %}{{ list | sort | push: 4 | reverse | join }}", context)
    rendered("{% increment list %}{% for list in list %}{% endfor %}", context)
    assert.same({ list = { 3, 1, 2 }, name = "a" }, context)
  end)

  it("renders without a context and without options", function()
    assert.equal("<>", liquid.render("<{{ a.b }}>"))
    assert.equal("1970", liquid.render("{{ 100000 | date: '%Y' }}"))
  end)

  it("tells what is wrong with the text of where_exp", function()
    local problem = problem_of("{{ flow.channel | size }}{{ widgets.lookup.parsed.items | where_exp: 'item', 'item.price +' }}")
    assert.equal("value", problem.kind)
    assert.equal("where_exp: '+' is no operator: use the filter 'plus'", problem.message)
    assert.equal(59, problem.position)
  end)

  it("is compiled once and rendered often", function()
    local compiled = assert(liquid.compile "Hi {{ name }}")
    assert.equal("Hi Ada", compiled:render { name = "Ada" })
    assert.equal("Hi Bob", compiled:render { name = "Bob" })
    assert.equal("name", compiled.paths[1].text)
    local none, problem = liquid.compile "{{"
    assert.is_nil(none)
    assert.equal("syntax", problem.kind)
  end)

  it("that is no string is misuse", function()
    assert.has_error(function() liquid.render(nil, {}) end, "the template must be a string, got nil")
    assert.has_error(function() liquid.check(1) end, "the template must be a string, got number")
    assert.has_error(function() liquid.paths {} end, "the template must be a string, got table")
  end)

  it("shows integers and decimals as they are on every Lua", function()
    assert.equal("3 3.0 0.5 -2.0", rendered "{{ 3 }} {{ 3.0 }} {{ 1 | divided_by: 2.0 }} {{ -4.0 | divided_by: 2 }}")
    assert.equal("3.0 4.0 true",
      rendered "{% assign x = 1.5 | times: 2 %}{{ x }} {{ x | plus: 1 }} {% if x == 3 and x > 2 %}true{% endif %}")
    assert.equal("[1,3]", rendered "{% assign x = 1.5 | times: 2 %}{{ numbers | push: 1 | push: x | shift: 0 | to_json }}")
  end)

  describe("with to_json", function()
    it("gives the JSON of any value, keys sorted", function()
      assert.equal('{"id":"42","paid":true,"state":"sent","total":19.99}',
        rendered "{{ widgets.lookup.parsed.order | to_json }}")
      assert.equal('"Help me" null [] [1,null,2] 2 "2"', rendered(
        "{{ trigger.message.Body | to_json }} {{ nobody | to_json }} {{ widgets.lookup.parsed.empty_list | to_json }} " ..
        "{{ widgets.lookup.parsed.with_null | to_json }} " ..
        "{{ flow.variables.attempts | to_json }} {{ flow.variables.attempts_text | to_json }}"))
    end)

    it("needs a codec", function()
      local text, problem = liquid.render("{{ 'a' | to_json }}", {})
      assert.is_nil(text)
      assert.equal("'to_json' needs a codec: give options.codec", problem.message)
    end)

    it("takes a null of the codec's own for nothing", function()
      local null = setmetatable({}, { __tostring = function() return "null" end })
      local own = { null = null, encode = function() return "encoded" end }
      local context = { a = null, list = { 1, null } }
      assert.equal("[] none 1- null encoded", (liquid.render("[{{ a }}{{ a.b }}] {% if a %}some{% else %}none{% endif %} " ..
        "{{ list | join: '-' }} {{ a | to_json }} {{ list | to_json }}", context, { codec = own })))
    end)
  end)

  describe("with dates", function()
    local function shown(value, format) return rendered(("{{ %s | date: '%s' }}"):format(value, format)) end

    it("shows now in Pacific time", function()
      assert.equal("2025-12-31 16:00 PST", shown("'now'", "%Y-%m-%d %H:%M %Z"))
      assert.equal("2025-12-31", shown("'today'", "%F"))
    end)

    it("changes to daylight saving time and back at the second that the rule says", function()
      local spring, autumn = 1772964000, 1793523600 -- 2026-03-08 10:00 UTC, 2026-11-01 09:00 UTC
      assert.equal("01:59:59 -0800", shown(spring - 1, "%T %z"))
      assert.equal("03:00:00 -0700", shown(spring, "%T %z"))
      assert.equal("01:59:59 -0700", shown(autumn - 1, "%T %z"))
      assert.equal("01:00:00 -0800", shown(autumn, "%T %z"))
    end)

    it("knows the days of the change in each year", function()
      local days = {
        [2007] = "03-11 11-04", [2012] = "03-11 11-04", [2020] = "03-08 11-01",
        [2024] = "03-10 11-03", [2025] = "03-09 11-02", [2027] = "03-14 11-07",
      }
      for year, both in pairs(days) do
        for day in both:gmatch "%S+" do
          local zones = shown(("'%d-%s 00:30'"):format(year, day), "%Z") .. shown(("'%d-%s 12:00'"):format(year, day), "%Z")
          assert.equal(day < "06" and "PSTPDT" or "PDTPST", zones)
        end
      end
    end)

    it("reads the forms that dates come in", function()
      for _, form in ipairs {
        "2026-03-03T18:00:00Z", "2026-03-03 10:00", "2026-03-03T10:00:00-08:00", "2026-03-03T13:00:00.5-0500",
        "Tue, 03 Mar 2026 18:00:00 +0000", "Tue, 03 Mar 2026 18:00:00 GMT", "March 3, 2026 10:00 am", "3 March 2026 10:00",
        "Tue Mar 03 10:00:00 PST 2026", "Tue Mar  3 10:00:00 2026", "2026/03/03 10:00", "1772560800", " 2026-03-03 10:00 ",
      } do
        assert.equal("2026-03-03 10:00", shown("'" .. form .. "'", "%Y-%m-%d %H:%M"))
      end
    end)

    it("gives what is no date back", function()
      for _, form in ipairs {
        "2026-02-30", "2026-13-01", "soon", "", "25:00", "2026-01-01 25:00", "99999999999999999999", "2026-01-01 10:00 Mars",
      } do
        assert.equal(form, shown("'" .. form .. "'", "%Y"))
      end
    end)
  end)

  describe("within the service's limits", function()
    it("goes round 15 times in each loop", function()
      assert.equal(("x"):rep(15), rendered "{% for i in (1..15) %}x{% endfor %}")
      assert.equal(("x"):rep(225), rendered "{% for i in (1..15) %}{% for j in (1..15) %}x{% endfor %}{% endfor %}")
      assert.equal("limit", problem_of("{% for i in (1..16) %}x{% endfor %}").kind)
      assert.equal("x", rendered "{% for i in (1..1000000) %}x{% break %}{% endfor %}")
      assert.equal(("x"):rep(3), rendered "{% for i in (1..1000000) limit: 3 %}x{% endfor %}")
      assert.equal("limit", problem_of("{% tablerow i in (1..16) %}x{% endtablerow %}").kind)
    end)

    it("gives 16 KB of text", function()
      assert.equal(16384, #rendered(("x"):rep(16384) .. "{{ nobody }}"))
      local problem = problem_of(("x"):rep(16384) .. "{{ 1 }}")
      assert.equal("the rendered text is longer than 16 KB", problem.message)
      assert.equal("limit", problem.kind)
    end)

    it("ends, however much work is asked for", function()
      local nested = ("{% for i in (1..15) %}"):rep(40) .. ("{% endfor %}"):rep(40)
      assert.equal("limit", problem_of(nested).kind)
      assert.equal("limit", problem_of("{% assign a = 'aaaaaaaaaaaaaaaa' %}" .. ("{% assign a = a | append: a %}"):rep(40)).kind)
      assert.equal("limit", problem_of("{% assign a = 'a,a' | split: ',' %}" .. ("{% assign a = a | concat: a %}"):rep(60)).kind)
      assert.equal("limit", problem_of("{% assign a = 'aaaaaaaaaaaaaaaa' %}" .. ("{% assign a = a | replace: 'a', a %}"):rep(9)).kind)
      assert.equal("limit", problem_of("{% assign a = 'aaaaaaaaaaaaaaaa' %}" .. ("{% assign a = a | replace: '', a %}"):rep(9)).kind)
      local within_itself = ("{% assign a = a | push: a %}"):rep(150) .. "{{ a }}"
      assert.equal("limit", problem_of("{% assign a = 'a,a' | split: ',' %}" .. within_itself).kind)
    end)

    it("is not nested deeper than 100 levels", function()
      assert.equal("x", rendered(("{% if true %}"):rep(99) .. "x" .. ("{% endif %}"):rep(99)))
      for _, deep in ipairs {
        ("{% if true %}"):rep(20000), "{{ " .. ("("):rep(20000) .. "}}", "{{ a" .. ("[a"):rep(20000) .. "}}",
        "{% if " .. ("1 < "):rep(20000) .. "1 %}", "{{ a" .. (" | upcase"):rep(20000) .. " }}",
      } do
        assert.equal("syntax", problem_of(deep).kind)
      end
      assert.equal("yes", rendered("{% if " .. ("true and "):rep(20000) .. "true %}yes{% endif %}"))
    end)
  end)
end)

describe("liquid.check", function()
  it("finds nothing in what is right", function()
    for _, row in ipairs(data.same) do assert.is_nil(liquid.check(row[1])) end
  end)

  it("says what is wrong, of which kind, and where", function()
    local function found(template)
      local problem = liquid.check(template)
      return ("%s: %s"):format(problem.kind, tostring(problem))
    end
    assert.equal("filter: line 2, column 8: unknown filter 'upcaes': did you mean 'upcase'?", found "a\n{{ b | upcaes }}")
    assert.equal("tag: line 1, column 4: unknown tag 'iff': did you mean 'if'?", found "{% iff a %}")
    assert.equal("operator: line 1, column 6: '+' is no operator: use the filter 'plus'", found "{{ a + b }}")
    assert.equal("name: line 1, column 6: 'ï' outside of quotes: names hold only letters a to z, digits, _ and -", found "{{ naïve }}")
    assert.equal("name: line 1, column 15: a typographic quote mark: text stands within \" or '", found "{{ a | split: “,” }}")
    assert.equal("syntax: line 1, column 1: '{{' is not closed", found "{{ a")
    assert.equal("syntax: line 1, column 6: '{{' is not closed", found "{{ a }")
    assert.equal("syntax: line 1, column 4: 'endif' is missing", found "{% if a %}b")
    assert.equal("syntax: line 1, column 4: 'endif' without 'if'", found "{% endif %}")
    assert.equal("syntax: line 1, column 14: 'endfor' within 'if': 'endif' is missing", found "{% if a %}{% endfor %}")
    assert.equal("syntax: line 1, column 9: '=' does not compare: use '=='", found "{% if a = 1 %}{% endif %}")
    assert.equal("syntax: line 1, column 9: 'if' takes no filters: assign the value to a name first",
      found "{% if a | size > 1 %}{% endif %}")
    assert.equal("filter: line 1, column 8: the filter 'split' takes 1 argument, got 0", found "{{ a | split }}")
    assert.equal("filter: line 1, column 8: the filter 'replace' takes 1 to 2 arguments, got 3", found "{{ a | replace: 1, 2, 3 }}")
  end)
end)

describe("liquid.paths", function()
  -- Each path, with "…" when it goes on, "!" when it is the template's own.
  local function texts(template)
    local all = {}
    for index, path in ipairs(liquid.paths(template)) do
      assert.equal(path.path[1], template:sub(path.position, path.position + #path.path[1] - 1))
      all[index] = path.text .. (path.whole and "" or "…") .. (path.own and "!" or "")
    end
    return table.concat(all, " ")
  end

  it("lists what is read, in the order of the text", function()
    assert.equal("widgets.ask.inbound.Body flow.variables.n",
      texts "{{widgets.ask.inbound.Body | plus: 1}}{% if   flow.variables.n == 1 %}{% endif %}")
    assert.equal("b c d", texts "{{ 'x' | replace: b, c }}{% for i in (1..d) %}{% endfor %}")
    assert.equal("widgets.a.b", texts "{{ widgets. \n a.b }}")
  end)

  it("takes texts and numbers in brackets for names", function()
    local path = liquid.paths("{{ widgets['get'].parsed[0].id }}")[1]
    assert.same({ "widgets", "get", "parsed", 0, "id" }, path.path)
    assert.equal("widgets.get.parsed[0].id", path.text)
    assert.is_true(path.whole)
  end)

  it("says where a path goes on with what is computed", function()
    assert.equal("key.name widgets…", texts "{% unless widgets[key.name].x %}{% endunless %}")
  end)

  it("tells the template's own names", function()
    assert.equal("flow.x a! list i! forloop.last! i q!",
      texts("{% assign a = flow.x %}{{ a }}{% for i in list %}{{ i }}{{ forloop.last }}" ..
      "{% assign q = 1 %}{% endfor %}{{ i }}{{ q }}"))
  end)

  it("gives what stands before a problem", function()
    assert.equal("a b", texts "{{ a }}{{ b | nope }}{{ c }}")
  end)
end)

describe("any bytes", function()
  local pieces = {
    "{{", "}}", "{%", "%}", "{{-", "-}}", "{%-", "-%}", " if ", " endif ", " for i in (1..3) ", " for x in widgets ", " endfor ",
    " else ", " elsif ", " case ", " when ", " endcase ", " assign a = ", " capture b ", " endcapture ", " raw ", " endraw ",
    " comment ", " endcomment ", " cycle ", " unless ", " endunless ", " tablerow i in flow ", " endtablerow ", " increment n ",
    " break ", " ifchanged ", " endifchanged ", "|", ":", ",", ".", "..", "[", "]", "(", ")", "==", "<>", "=", "'", '"', " a",
    " flow.variables", " widgets.lookup.parsed", " 1", " -2", " 1.5", " true", " nil", " empty", " contains ", " and ", " or ",
    " 'x' ", " where_exp: 'i', 'i.price > 1'", "\n", "\0", "\255", "ä", "“", "x", " limit: 2", " offset:continue", " reversed",
    "#", "?", "-",
  }
  for name in pairs(require("studio.flow.liquid.filters").named) do pieces[#pieces + 1] = " | " .. name .. ": " end
  table.sort(pieces)

  -- A generator of its own: the same templates on every Lua.
  local seed = 20260301
  local function random(most)
    seed = (seed * 16807) % 2147483647
    return seed % most + 1
  end

  local function mutated()
    local template = (random(2) == 1 and data.same or data.different)
    template = template[random(#template)]
    template = type(template[3]) == "nil" and template[1] or template[2]
    for _ = 1, random(6) do
      local at = random(#template + 1)
      local cut = random(3) == 1 and random(8) or 0
      template = template:sub(1, at - 1) .. (random(5) > 1 and pieces[random(#pieces)] or "") .. template:sub(at + cut)
    end
    return template
  end

  it("give text or a problem, never an error", function()
    -- More of them: STUDIO_FUZZ_TEMPLATES=200000.
    for _ = 1, tonumber(os.getenv "STUDIO_FUZZ_TEMPLATES") or 3000 do
      local template = mutated()
      local ok, text, problem = pcall(liquid.render, template, data.context, options)
      if not ok then error(("%q: %s"):format(template, tostring(text))) end
      assert(text or problem.code == 81018 and tostring(problem):find "%S" and problem.kind, template)
      local check = liquid.check(template)
      if text then
        assert(not check or check.kind == "filter", template)
      elseif problem.kind ~= "value" and problem.kind ~= "limit" then
        assert(check, template)
      end
      assert(type(liquid.paths(template)) == "table")
    end
  end)

  it("take time in proportion to their number", function()
    local jit_library = rawget(_G, "jit")
    if jit_library then jit_library.off() end
    local function steps(template)
      local count = 0
      debug.sethook(function() count = count + 1 end, "", 100)
      liquid.render(template, data.context, options)
      liquid.check(template .. "{% if %}")
      debug.sethook()
      return count
    end
    for _, piece in ipairs {
      "{{ nobody.knows | downcase }}", "{% if nobody == 1 %}x{% elsif nobody %}y{% endif %}", "{% comment %} {{ {% endcomment %}",
      "{% raw %}{% endraw %}",
      "{% assign a = 'x' %}", "{%", "{{ '", " ", "{% raw %}", "{%- ", "{% if a %}", "{% # %}", "{", "\n{{ 1 }",
    } do
      local few, many = steps(piece:rep(300)), steps(piece:rep(3000))
      assert(many <= 13 * few + 60, ("%s: %d, ten times as long: %d"):format(piece, few, many))
    end
    if jit_library then jit_library.on() end
  end)
end)

describe("Ruby's liquid", function()
  local function oracle(rows, column)
    local templates = {}
    for index, row in ipairs(rows) do templates[index] = row[column] end
    local path = os.tmpname()
    local file = assert(io.open(path, "w"))
    file:write((assert(codec.encode { context = data.context, templates = codec.array(templates) })))
    file:close()
    local pipe = io.popen("TZ=PST8PDT,M3.2.0,M11.1.0 ruby spec/flow/oracle.rb < '" .. path .. "'")
    local answers = assert(codec.decode(pipe:read "*a"))
    pipe:close()
    os.remove(path)
    return answers
  end

  local there = os.execute "ruby -rjson -rliquid -e 0 >/dev/null 2>&1"
  there = there == true or there == 0

  it("gives the same, or something else where that is noted", function()
    if not there then return pending "Ruby's liquid is not installed: apt-get install ruby ruby-liquid" end
    for index, answer in ipairs(oracle(data.same, 1)) do assert.equal(data.same[index][2], answer) end
    for index, answer in ipairs(oracle(data.different, 2)) do assert.equal(data.different[index][4], answer) end
  end)
end)
