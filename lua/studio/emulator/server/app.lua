--- Answers requests inside nginx: arrival, faults, credentials, operation, answer.
-- @module studio.emulator.server.app

-- nginx has no C module of the library: its JSON is read in plain Lua, whatever is installed.
package.loaded["studio.flow.codec"] = require "studio.flow.json"

local auth = require "studio.emulator.server.auth"
local clock = require "studio.emulator.server.clock"
local console = require "studio.emulator.server.console"
local control = require "studio.emulator.server.control"
local errors = require "studio.emulator.server.errors"
local executions = require "studio.emulator.server.executions"
local faults = require "studio.emulator.server.faults"
local flex_flows = require "studio.emulator.server.flex_flows"
local flows = require "studio.emulator.server.flows"
local form = require "studio.emulator.server.form"
local paging = require "studio.emulator.server.paging"
local request_log = require "studio.emulator.server.request_log"
local router = require "studio.emulator.server.router"
local routes = require "studio.emulator.server.routes"
local runs = require "studio.emulator.server.runs"
local seeds = require "studio.emulator.server.seeds"
local store = require "studio.emulator.server.store"
local validate = require "studio.emulator.server.validate"

local app = {}

-- Bytes: as many as nginx keeps in memory of a body (client_body_buffer_size).
local MOST_OF_STRANGERS = 1024 * 1024

-- Whoever has no credentials gets no body into a file.
local function is_too_large(authorization)
  local length = tonumber(ngx.var.content_length)
  return not (length and length <= MOST_OF_STRANGERS) and not auth.knows(authorization)
end

local function read_body(authorization)
  if is_too_large(authorization) then return "" end
  ngx.req.read_body()
  local body = ngx.req.get_body_data()
  local file = not body and ngx.req.get_body_file()
  if file then
    local handle = assert(io.open(file, "rb"))
    body = handle:read("*a")
    handle:close()
  end
  return body or ""
end

local function read_request()
  local var = ngx.var
  local path, query_string = var.request_uri:match("^([^?]*)%??(.*)$")
  local headers = ngx.req.get_headers(0)
  local authorization = headers.authorization
  if type(authorization) == "table" then authorization = authorization[1] end
  return {
    authorization = authorization,
    method = ngx.req.get_method(), path = path, query_string = query_string, headers = headers, body = read_body(authorization),
    origin = var.scheme .. "://" .. (var.http_host or var.host), id = "RQ" .. var.request_id,
    connection = tonumber(var.connection), protocol = var.server_protocol, time = ngx.req.start_time(),
  }
end

-- The parameters of a row: a list also reads its page from the query.
local function parameters(request, row)
  request.query = form.parse(request.query_string)
  if not row.form then
    return validate.parameters(row.query or {}, request.query, "query string")
  end
  local content_type = tostring(request.headers["content-type"] or "")
  local is_form = content_type:lower():find("^application/x%-www%-form%-urlencoded")
  return validate.parameters(row.form, is_form and form.parse(request.body) or {}, "post body")
end

local function respond(request)
  if console.is_page(request) then
    return 200, console.page(request)
  elseif request.path == "/v2/token" then
    return 200, auth.grant(request)
  end
  if request.path:find("^/_emulator/") then
    auth.check_control(request)
    return 200, control.respond(request)
  end
  auth.check(request)
  runs.tick()
  local row, found = router.route(request)
  request.route = row
  local record, filter = row[3](found, parameters(request, row), request)
  if row.key then
    return 200, paging.body(request, record, filter, row.key, row[4])
  elseif row.ok == 204 then
    return 204
  end
  return row.ok or 200, row[4](record, request.origin)
end

local function explain(raised)
  if errors.is_failure(raised) then
    return raised
  end
  return { failure = debug.traceback(tostring(raised), 2) }
end

-- The answer to a request, refusals and bugs included.
local function answer_to(request)
  local ok, status, body = xpcall(respond, explain, request)
  if ok then
    return type(body) == "table" and body or { status = status, body = body }
  end
  local failure = status
  if failure.failure then
    ngx.log(ngx.ERR, failure.failure)
    failure = { status = 500, code = 20500, message = "Internal error of the emulator, see its log" }
  end
  return { status = failure.status, body = errors.body(failure) }
end

local function close(fault)
  if fault.reset then
    return ngx.exec("@reset")
  end
  return ngx.exit(444)
end

local function set_headers(answer, request, fault)
  ngx.status = answer.status
  ngx.header["Twilio-Request-Id"] = request.id
  ngx.header["Date"] = ngx.http_time(clock.time())
  if answer.body then
    ngx.header["Content-Type"] = answer.type or "application/json; charset=utf-8"
  end
  if answer.status == 401 then
    ngx.header["WWW-Authenticate"] = 'Basic realm="Twilio API"'
  end
  for name, value in pairs(answer.headers or {}) do
    ngx.header[name] = value
  end
  for name, value in pairs(fault and fault.headers or {}) do
    ngx.header[name] = value or nil
  end
end

local function send(answer, request, fault)
  set_headers(answer, request, fault)
  local body = answer.body
  if fault and fault.cut then
    body = body or ""
    ngx.header["Content-Length"] = #body
    -- Compression would make another length of it.
    ngx.req.clear_header("Accept-Encoding")
    if fault.cut > 0 then
      ngx.print(body:sub(1, fault.cut))
    else
      ngx.send_headers()
    end
    ngx.flush(true)
    return ngx.exit(ngx.ERROR)
  end
  if body then
    ngx.header["Content-Length"] = #body
    ngx.print(body)
  else
    ngx.send_headers()
  end
end

-- How often the service was reset.
local resets = 0

local function reset()
  resets = resets + 1
  clock.reset(app.config.now)
  store.clear(app.config.salt)
  runs.reset()
  executions.reset()
  seeds.plant(app.config)
  auth.reset()
  faults.clear()
  request_log.clear()
end

--- Called once, before the first request.
function app.start()
  local prefix = ngx.config.prefix()
  local config = dofile(prefix .. "config.lua")
  local program = assert(io.open(prefix .. "program"))
  config.program = tonumber(program:read("*a"))
  program:close()
  app.config = config
  for _, module in ipairs { auth, flows, executions, flex_flows, runs } do
    module.configure(config)
  end
  paging.configure(config.page_size)
  control.configure(reset)
  router.open(routes)
end

--- Called in the worker, when it listens already: tells the program that waits for it.
function app.ready()
  reset()
  require("studio.emulator.server.watch").start(app.config)
  local file = assert(io.open(ngx.config.prefix() .. "ready", "w"))
  file:write("ready\n")
  file:close()
end

--- Called for each request.
function app.handle()
  local request = read_request()
  if request.path:find("^/_emulator/") or console.is_page(request) then
    return send(answer_to(request), request)
  end
  request_log.add(request)
  local fault = faults.take(request)
  if not fault then
    return send(answer_to(request), request)
  end
  if fault.delay then
    local before = resets
    ngx.sleep(fault.delay)
    -- What was asked of a service that is no more is not done in the one behind it.
    if resets ~= before then
      return ngx.exit(444)
    end
  end
  if fault.drop == "before" then
    return close(fault)
  end
  local answer = faults.answer(fault) or answer_to(request)
  if fault.drop == "after" then
    return close(fault)
  end
  return send(answer, request, fault)
end

--- Called for what nginx itself refuses, such as a request that is not HTTP.
function app.refuse()
  local status = ngx.status
  local body = errors.body { status = status, code = 20000 + status, message = "Bad request" }
  send({ status = status, body = body }, { id = "RQ" .. ngx.var.request_id })
end

return app
