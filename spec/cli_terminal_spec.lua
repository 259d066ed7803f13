--- The command on a terminal: tables that fit, questions, colours, the pager, progress.
local child = require "spec.child"
local cli = require "spec.cli"
local support = require "spec.support"

-- bsdutils of Debian has it; other systems have another program of that name.
local has_script = child.shell "script --version":find("util-linux", 1, true) ~= nil
local on_terminal = has_script and it or pending

describe("On a terminal", function()
  local service = support.emulator()
  local folder

  setup(function() folder = cli.folder() end)
  teardown(function() folder.remove() end)

  local function typed(arguments, options)
    options = options or {}
    options.service = options.service or service()
    options.environment = options.environment or { NO_COLOR = "1" }
    return cli.type(folder, arguments, options)
  end

  local narrow = [[
sid                                 friendly_name  status
FW00000000000000000000000000000001  Customer sur…  published
FW00000000000000000000000000000002  Appointment …  published
FW00000000000000000000000000000003  Support line   published
FW00000000000000000000000000000004  Order status   published
FW00000000000000000000000000000005  Values of ev…  published
1 of 4 columns do not fit in 60 columns of terminal: --fields chooses, -o json has all
]]

  local wide = [[
sid                                 friendly_name         status     revision
FW00000000000000000000000000000001  Customer survey       published  1
FW00000000000000000000000000000002  Appointment reminder  published  1
FW00000000000000000000000000000003  Support line          published  1
FW00000000000000000000000000000004  Order status          published  3
FW00000000000000000000000000000005  Values of every kind  published  1
]]

  on_terminal("a list is a table that fits its width", function()
    assert.same({ 0, narrow }, { typed("flows list", { columns = 60 }) })
    assert.same({ 0, wide }, { typed("flows list", { columns = 200 }) })
  end)

  on_terminal("the width is that of the terminal as it is now; of one that tells none, COLUMNS says it", function()
    local line = cli.line(folder, "flows list", { service = service(), environment = { NO_COLOR = "1" } })
    local script = ("%s\nstty cols 200\n%s\nstty cols 0\nCOLUMNS=60 %s"):format(line, line, line)
    assert.same({ 0, narrow .. wide .. narrow }, { cli.on_terminal(folder, script, { columns = 60 }) })
  end)

  on_terminal("a single thing is a line for each field, cut where it does not fit", function()
    local status, text = typed("flows get " .. service().flows.survey, { columns = 60, rows = 50 })
    assert.equal(0, status)
    assert.truthy(text:find('\ndefinition      {"description":"Three questions by SMS","fl…\n', 1, true), text)
    status, text = typed("flows get " .. service().flows.survey, { columns = 200, rows = 50 })
    assert.equal(0, status)
    assert.truthy(text:find("\nurl             " .. service().base_url .. "/v2/Flows/" .. service().flows.survey .. "\n", 1, true), text)
    for line in text:gmatch "[^\n]+" do assert.is_true(#line:gsub("…", ".") <= 200, line) end
  end)

  on_terminal("letters that take two columns, marks that take none, and control characters keep the table in order", function()
    local client = support.client(service())
    local definition = assert(client.v2.flows(service().flows.survey):fetch()).definition
    for _, name in ipairs { "日本語の名前です", "Ame\204\129lie", "red\27[31m\nline" } do
      assert(client.v2.flows:create { friendly_name = name, status = "draft", definition = definition })
    end
    local _, text = typed("flows list --fields friendly_name,status", { columns = 24 })
    assert.truthy(text:find("\n日本語の名…    draft\n", 1, true) or text:find("\n日本語の名前…  draft\n", 1, true), text)
    assert.truthy(text:find("\nAme\204\129lie         draft\n", 1, true), text)
    assert.truthy(text:find("red [31m line  draft\n", 1, true), text)
    assert.is_nil(text:find("\27", 1, true))
  end)

  on_terminal("a long list ends at 50 with a note, goes through the pager, and is all there with --all", function()
    local flow = service().flows.survey
    local _, text = typed("executions list " .. flow .. " --fields sid", { rows = 100 })
    assert.equal(52, select(2, text:gsub("\n", "\n")))
    assert.truthy(text:find("\nthe first 50; --all shows all, --limit more\n", 1, true), text)
    _, text = typed("executions list " .. flow .. " --fields sid --all", {
      rows = 30, environment = { STUDIO_PAGER = "sed s/^/page:/", NO_COLOR = "1" },
    })
    assert.equal(121, select(2, text:gsub("page:", "")))
    _, text = typed("executions list " .. flow .. " --fields sid --all --no-pager", {
      rows = 30, environment = { STUDIO_PAGER = "sed s/^/page:/", NO_COLOR = "1" },
    })
    assert.is_nil(text:find("page:", 1, true))
    -- A pager that is not there keeps nothing back.
    _, text = typed("executions list " .. flow .. " --fields sid", { rows = 30, environment = { PAGER = "no-such-pager 2>/dev/null" } })
    assert.is_true(select(2, text:gsub("FN%x+", "")) == 50, text)
  end)

  on_terminal("the header has a colour unless NO_COLOR or --color says otherwise", function()
    local function is_coloured(options, environment)
      return select(2, typed("flows list " .. options, { environment = environment })):find("\27[1m", 1, true) ~= nil
    end
    assert.is_true(is_coloured("", {}))
    assert.is_false(is_coloured("", { NO_COLOR = "1" }))
    assert.is_false(is_coloured("--color never", { CLICOLOR_FORCE = "1" }))
    assert.is_true(is_coloured("--color always", { NO_COLOR = "1" }))
    assert.is_false(is_coloured("", { TERM = "dumb" }))
  end)

  on_terminal("what deletes asks, and only yes is yes", function()
    local flow = service().flows.survey
    local status, text = typed("flows delete " .. flow, { input = "n\n" })
    assert.equal(1, status)
    assert.truthy(text:find("This will delete flow " .. flow .. ". Go on? [y/N]", 1, true), text)
    assert.truthy(text:find("studio: nothing was done\n", 1, true), text)
    status, text = typed("flows delete " .. flow, { input = "y\n" })
    assert.equal(0, status)
    assert.truthy(text:find("deleted flow " .. flow, 1, true), text)
    assert.equal(2, (typed("flows delete " .. flow .. " --no-input")))
  end)

  on_terminal("a profile that confirms wants the number typed, and a secret is asked for without showing it", function()
    local environment = { STUDIO_PROFILES = folder.path .. "/profiles", STUDIO_BASE_URL = service().base_url, NO_COLOR = "1" }
    local status, text = cli.type(folder, "profiles add live --confirm --account-sid " .. service().account_sid, {
      environment = environment, input = service().auth_token .. "\n",
    })
    assert.equal(0, status, text)
    assert.truthy(text:find("auth token: ", 1, true), text)
    local client = support.client(service())
    local executions = client.v2.flows(service().flows.survey).executions
    for number = 1, 2 do assert(executions:create { to = "+1555000111" .. number, from = "+15550002222" }) end
    local line = "executions end --active --profile live " .. service().flows.survey
    status, text = cli.type(folder, line, { environment = environment, input = "y\n" })
    assert.equal(1, status)
    assert.truthy(text:find("This will end 2 executions (profile live). Type 2 to go on: ", 1, true), text)
    status, text = cli.type(folder, line, { environment = environment, input = "2\n" })
    assert.equal(0, status, text)
    assert.truthy(text:find("2 of 2 ended", 1, true), text)
  end)

  on_terminal("a campaign draws how far it is, and clears the line; one that the terminal has become too narrow for stays", function()
    local lines = { "to" }
    for number = 1, 16 do lines[#lines + 1] = ("+155500033%02d"):format(number) end
    local path = folder.write("contacts.csv", table.concat(lines, "\n") .. "\n")
    local line = cli.line(folder, ("executions trigger %s %s --from +15550002222 --no-journal --rate 8 --yes"):format(
      service().flows.survey, path), { service = service(), environment = { NO_COLOR = "1" } })
    local narrows = "(until grep -q created %s/typescript; do sleep 0.05; done; stty cols 24 </dev/tty) &\n%s"
    local status, text = cli.on_terminal(folder, narrows:format(folder.path, line))
    assert.equal(0, status)
    local first, others = text:match "^\r\27%[K([^\n]*)\n\r\27%[K(.*)\r\27%[Ktotal     16\ncreated   16\n"
    assert.truthy(first and first:find "^%d+ of 16 contacts, .* created$", text)
    local count = 0
    for each in (others .. "\r"):gmatch "([^\r]+)\r" do
      local drawn = each:gsub("^\27%[K", "")
      if drawn ~= "" then
        count = count + 1
        assert.truthy(drawn:find "^%d+ of 16 contacts.*…$", drawn)
        assert.equal(23, #drawn:gsub("…", "."), drawn)
      end
    end
    assert.is_true(count > 0, text)
  end)
end)
