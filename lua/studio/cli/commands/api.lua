--- `studio api METHOD PATH`: any request, for what has no command.
local ascii = require "studio.base.ascii"
local failure = require "studio.cli.failure"
local json = require "studio.base.json"

-- Splits `Name=value`; `@FILE` and `-` as values are read.
local function add_pair(context, into, pair, option)
  local name, value = pair:match "^([^=]+)=(.*)$"
  if not name then failure.usage("%s: %s takes NAME=VALUE, got '%s'", context.called, option, pair) end
  value = context:read(value, option)
  local before = into[name]
  if before == nil then
    into[name] = value
  elseif type(before) == "table" then
    before[#before + 1] = value
  else
    into[name] = { before, value }
  end
end

local function pairs_of(context, given, option)
  if #given == 0 then return nil end
  local fields = {}
  for _, pair in ipairs(given) do add_pair(context, fields, pair, option) end
  return fields
end

-- Walks the pages behind a first answer: `take(record)` gets each.
local function walk(client, body, service, take)
  while body do
    local meta = type(body.meta) == "table" and body.meta or {}
    for _, record in ipairs(meta.key and type(body[meta.key]) == "table" and body[meta.key] or {}) do take(record) end
    local path = type(meta.next_page_url) == "string" and meta.next_page_url:match "^%w+://[^/]*(/.*)$"
    if not path then return true end
    local answer, err = client:request("GET", path, { service = service })
    if not answer then return nil, err end
    body = answer.body
  end
  return true
end

local first_columns = { "sid", "friendly_name", "name", "status" }

-- What a table shows of records that are not known: what names them, and some more that are no tables.
local function columns_of(record)
  local columns, others, is_first = {}, {}, {}
  for _, name in ipairs(first_columns) do
    is_first[name] = true
    if record[name] ~= nil then columns[#columns + 1] = name end
  end
  for name, value in next, record do
    if not is_first[name] and type(value) ~= "table" and value ~= json.null then others[#others + 1] = name end
  end
  ascii.sort(others)
  for index = 1, math.min(#others, 6 - #columns) do columns[#columns + 1] = others[index] end
  return columns
end

local function paginate(context, client, first, service)
  local records = {}
  local walked, err = walk(client, first, service, function(record) records[#records + 1] = record end)
  if not walked then return nil, err end
  context:out():list(records, { columns = columns_of(records[1] or {}) })
  return 0
end

-- A word that the shell takes as it is.
local function quote(word) return "'" .. word:gsub("'", "'\\''") .. "'" end

-- The credentials are names of variables, which curl's user gives it in the environment.
local function show_curl(context, call)
  local request
  local _, err = call(context:stand_in(function(_, seen)
    request = seen
    return nil, "not sent"
  end))
  if not request then return nil, err end
  local words = { "curl", '-u "$TWILIO_ACCOUNT_SID:$TWILIO_AUTH_TOKEN"' }
  if request.method ~= "GET" then words[#words + 1] = "-X " .. request.method end
  if request.body and request.body ~= "" then words[#words + 1] = "--data " .. quote(request.body) end
  words[#words + 1] = quote(request.url)
  context:out():write(table.concat(words, " ") .. "\n")
  return 0
end

return {
  examples = {
    "studio api GET /v2/Flows -q PageSize=5",
    "studio api POST /v2/Flows/FWxxxx/Executions -f To=+15550001111 -f From=+15550002222",
  },
  describe = function(parser, add)
    parser:argument("method", "GET, POST or DELETE."):argname "METHOD"
    parser:argument("path", "The path behind the host, percent-encoded."):argname "PATH"
    parser:option("-q --query", "A field of the query, as often as wanted."):argname("NAME=VALUE"):count "*"
    parser:option("-f --form", "A field of the form; the value @FILE or - is read."):argname("NAME=VALUE"):count "*"
    parser:option("--service", "studio (unless given) or flex."):choices { "studio", "flex" }:argname "NAME"
    parser:flag("--paginate", "Goes on to the last page, and gives the records of all.")
    parser:flag("--curl", "Shows the same request as a line of curl, without the credentials, and sends nothing.")
    parser:flag("--include", "Writes the status and the headers of the answer to stderr.")
    add.change()
    add.output()
    add.connection()
  end,
  run = function(context, arguments)
    local method = ascii.upper(arguments.method)
    local request = {
      query = pairs_of(context, arguments.query, "--query"), form = pairs_of(context, arguments.form, "--form"),
      service = arguments.service,
    }
    local function call(client) return client:request(method, arguments.path, request) end
    if arguments.curl then return show_curl(context, call) end
    if arguments.dry_run then return context:preview(call) end
    if method ~= "GET" then
      context:confirm(("send %s %s"):format(method, arguments.path), { always = method == "DELETE" })
    end
    local client = context:client()
    local answer, err = call(client)
    if not answer then return nil, err end
    if arguments.include then
      context:note("HTTP %d", answer.status)
      for name, value in pairs(answer.headers) do context:note("%s: %s", name, value) end
    end
    local body = answer.body
    if arguments.paginate and type(body) == "table" then return paginate(context, client, body, arguments.service) end
    if type(body) == "table" then
      context:out():record(body, { columns = {} })
    elseif body ~= nil then
      context:out():write((json.encode(body) or "") .. "\n")
    end
    return 0
  end,
}
