--- Widgets that ask a program over HTTP, and what their answers leave.
-- @module studio.flow.run.http

local ascii = require "studio.base.ascii"
local tree = require "studio.flow.run.tree"

local http = {}

local longest_wait, largest_body, most_redirects = 10, 65536, 10
local form_type = "application/x-www-form-urlencoded"

-- What a parameter of make-http-request may not be called; the service has more such words, and names this one.
local reserved = "method"

local function escape(text)
  return (text:gsub("[^0-9A-Za-z%-%._~ ]", function(char) return ("%%%02X"):format(char:byte()) end):gsub(" ", "+"))
end

local function encode_form(parameters)
  local parts = {}
  for i, pair in ipairs(parameters) do parts[i] = escape(pair.key) .. "=" .. escape(pair.value) end
  return table.concat(parts, "&")
end

local function add_query(url, query)
  if query == "" then return url end
  local before, fragment = url:match "^([^#]*)(.*)$"
  return before .. (before:find("?", 1, true) and "&" or "?") .. query .. fragment
end

local function by_name(parameters)
  local map = {}
  for _, pair in ipairs(parameters) do map[pair.key] = pair.value end
  return map
end

local function header(headers, name)
  for key, value in pairs(type(headers) == "table" and headers or {}) do
    if type(key) == "string" and ascii.lower(key) == name then return ascii.text(value) end
  end
end

local function body_of(answer)
  return type(answer.body) == "string" and answer.body or ""
end

--- What kind of content an answer has, that does not say so.
function http.guess_type(body)
  return body:find "^%s*[{%[]" and "application/json" or "text/plain"
end

local function follow(request, location)
  if location:find "^/" then location = (request.url:match "^[A-Za-z][0-9A-Za-z+.-]*://[^/?#]*" or "") .. location end
  return { widget = request.widget, method = "GET", url = location, headers = {}, body = "", parameters = {} }
end

-- Asks until the answer is no redirect. Redirects are followed as GET, as browsers do.
local function ask(machine, request, redirects)
  local passed = 0
  for _ = 0, most_redirects do
    local answer = machine.http and machine.http(request)
    if not answer then return nil end
    if type(answer.body) == "table" then answer = tree.set(answer, "body", machine.codec.encode(answer.body)) end
    passed = passed + (tonumber(answer.delay) or 0)
    local status = tonumber(answer.status) or 200
    local location = redirects and status >= 300 and status < 400 and header(answer.headers, "location")
    if not location then return tree.set(answer, "delay", passed > 0 and passed or nil), status end
    request = follow(request, location)
  end
  return { error = "too many redirects" }
end

-- What an answer leaves. An object in JSON is merged into the one before, and anything else leaves that standing.
local function left_by(machine, state, answer, status, with_headers)
  local body = body_of(answer)
  local content_type = header(answer.headers, "content-type") or http.guess_type(body)
  local left = { status_code = status, content_type = content_type, body = body }
  if ascii.lower(content_type):find "^%s*application/json" and body:find "^%s*{" then
    local value = machine.codec.decode(body)
    if type(value) == "table" then
      local before = machine.frame.context.widgets[state.name]
      left.parsed = tree.with(before and type(before.parsed) == "table" and before.parsed or {}, value)
    end
  end
  local concurrency = with_headers and header(answer.headers, "x-twilio-function-concurrency")
  if concurrency then left.headers = { ["x-twilio-function-concurrency"] = concurrency } end
  return left
end

-- A redirect is a success of a function; for other requests it is followed.
local function exchange(machine, state, request, outcome, is_function)
  if outcome then return outcome.event, outcome.data end
  local failure = state.widget.failure
  if not request.url:find "^[hH][tT][tT][pP][sS]?://[^/%s]" then
    machine:problem(not is_function and 81014 or nil, ("'%s' is no URL: nothing is asked"):format(request.url))
    return failure
  end
  local answer, status = ask(machine, request, not is_function)
  machine:note { kind = "request", request = request, answer = answer }
  if not answer then
    machine:await {
      needs = ("an answer to %s %s: http, or run:event(name, data), with one of the events \"%s\", \"%s\"")
        :format(request.method, request.url, state.widget.event, failure),
      outcome = function(event, data) machine:complete(event, data) end,
    }
    return nil
  end
  machine.now = machine.now + math.min(answer.delay or 0, longest_wait)
  if answer.error or (answer.delay or 0) > longest_wait or #body_of(answer) > largest_body then return failure end
  local good = status >= 200 and status < (is_function and 400 or 300)
  return good and state.widget.event or failure, left_by(machine, state, answer, status, is_function)
end

-- White space in a URL is encoded, around it dropped.
local function read_url(machine)
  return (machine:text "url":match "^%s*(.-)%s*$":gsub("[%s%z\1-\31\127]", function(char) return ("%%%02X"):format(char:byte()) end))
end

--- run-function
function http.run_function(machine, state, outcome)
  local parameters = machine:pairs "parameters"
  return exchange(machine, state, {
    widget = state.name, method = "POST", url = read_url(machine), headers = { ["Content-Type"] = form_type },
    body = encode_form(parameters), parameters = by_name(parameters),
  }, outcome, true)
end

local function is_of_twilio(url)
  local host = url:match "^https://([^/?#:]+)"
  host = host and ascii.lower(host)
  return host ~= nil and (host == "twilio.com" or host:find "%.twilio%.com$" ~= nil or host:find "%.twil%.io$" ~= nil)
end

--- make-http-request. Parameters are added to the URL of a GET and, where the body is no form, of a POST; in a form they are part of it.
-- The service's documentation calls them URL parameters, and says nothing of forms.
function http.make_request(machine, state, outcome)
  local method = ascii.upper(machine:text "method") == "POST" and "POST" or "GET"
  local url, body, content_type = read_url(machine), machine:text "body", machine:text "content_type"
  local parameters = machine:pairs "parameters"
  local query, headers = encode_form(parameters), {}
  if method == "GET" then
    url, body = add_query(url, query), ""
  else
    headers["Content-Type"] = content_type ~= "" and content_type or form_type
    if ascii.lower(headers["Content-Type"]):find(form_type, 1, true) then
      body = body ~= "" and query ~= "" and body .. "&" .. query or body .. query
    else
      url = add_query(url, query)
    end
  end
  local named = by_name(parameters)
  if not outcome then
    if state.properties.add_twilio_auth == true and not is_of_twilio(url) then
      machine:problem(nil, ("Twilio's credentials are not sent to %s, so the request is not made"):format(url))
      return state.widget.failure
    elseif named[reserved] then
      machine:problem(81014, ("a parameter cannot be called '%s', so the request is not made"):format(reserved))
      return state.widget.failure
    end
  end
  return exchange(machine, state, {
    widget = state.name, method = method, url = url, headers = headers, body = body, parameters = named,
  }, outcome, false)
end

return http
