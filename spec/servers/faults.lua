-- The servers of the fault matrix, all in one program: each case of spec/faults/table.lua gets a port of its own, where the fault happens
-- and everything that arrives is counted. Started by spec/faults/server.lua; spec/faults/check.lua tells it, over HTTP, how far it is:
--
--   POST /open/<case>     a port for a case → { token, host, port }
--   POST /arm/<token>     what came so far was to warm a connection up; what follows meets the fault
--   POST /calm/<token>    from now on the server is honest
--   POST /finish/<token>  waits until every connection has ended → what arrived
--
-- So every request belongs to a stage: "warm", "target" or "probe".
local cases = require "spec.faults.cases"
local frames = require "spec.servers.frames"
local json = require "cjson"
local loop = require "spec.servers.loop"
local socket = require "socket"
local ssl = require "ssl"
local tls = require "spec.servers.tls"
local words = require "spec.faults.words"

local directory = arg[1]
local all_cases = cases.list()

-- connections -------------------------------------------------------------------------------------------------------------------

local basic = loop.connection_methods
local methods = setmetatable({}, { __index = basic })
local connection_mt = { __index = methods }

-- LuaSec objects whose descriptor is closed: they must not be finalized, for they would write to whoever has its number now.
local buried = {}

-- A request as the server sees it. Bytes of it are counted while it is the connection's `record`.
local function begin_record(c)
  local case = c.case
  c.record = { stage = case.stage, connection = c.number, bytes = 0, sent = "", whole = false, begun = false, refused = false }
  case.records[#case.records + 1] = c.record
  return c.record
end

function methods:fill()
  local before = #self.buffer
  local fine = basic.fill(self)
  if fine and self.record and not self.is_h2 then self.record.bytes = self.record.bytes + #self.buffer - before end
  return fine
end

function methods:send(data)
  local record = self.record
  if record and not self.is_h2 and not record.begun then
    record.sent = (record.sent .. data):sub(1, 4096)
    record.begun = record.sent:find("HTTP/1%.1 [2-5]%d%d[^\n]*\n") ~= nil
  end
  if self.socket == self.plain then return basic.send(self, data) end
  -- Nor does LuaSec's `send` come back, see `fill`.
  if self.is_over then return false end
  self.is_over = not basic.send(self, data)
  return not self.is_over
end

-- LuaSec takes the descriptor away from LuaSocket's object; for what only that can do it is lent back.
local function plainly(c, act)
  if c.socket == c.plain then return act(c.plain) end
  c.plain:setfd(c.socket:getfd())
  act(c.plain)
  c.plain:setfd(-1)
end

--- Closes with a RST, over TLS without a word.
function methods:reset()
  plainly(self, function(plain)
    plain:setoption("linger", { on = true, timeout = 0 })
    plain:close()
  end)
  buried[#buried + 1] = self.socket
  self.gone = true
end

--- Ends our side with a FIN, over TLS without a word.
function methods:fin()
  plainly(self, function(plain) plain:shutdown("send") end)
end

--- Closes as it should be, over TLS with its goodbye.
function methods:close()
  if not self.gone and self.socket then self.socket:close() end
  self.gone = true
end

--- Sends the same again and again until the peer has had enough.
function methods:trickle(piece)
  while self:send(piece) do loop.sleep(0.01) end
end

--- Neither reads nor writes until the client is done with the fault.
function methods:freeze()
  while self.case.stage ~= "probe" do loop.sleep(0.005) end
  self:drain()
end

--- Reads, but hardly. A TLS socket that has failed is not asked again, by nobody: LuaSec would not come back.
function methods:sip()
  while self.case.stage ~= "probe" and not self.is_over do
    local _, problem = self.socket:receive(1)
    self.is_over = problem ~= nil and problem ~= "timeout" and problem ~= "wantread" and problem ~= "wantwrite"
    loop.sleep(0.01)
  end
  self:drain()
end

-- answers -----------------------------------------------------------------------------------------------------------------------

local statuses = { GET = "200 OK", POST = "201 Created", DELETE = "204 No Content" }

function methods:answer_honestly(method)
  local c, record = self, self.record
  local body = method ~= "DELETE" and words.body(record.stage) or ""
  if c.is_h2 then
    c:headers({ status = statuses[method]:match("%d+"), type = "application/json" }, body == "")
    if body ~= "" then c:data(body, true) end
    return
  end
  local head = method == "DELETE" and "" or ("Content-Type: application/json\r\nContent-Length: %d\r\n"):format(#body)
  c:send(("HTTP/1.1 %s\r\n%s\r\n%s"):format(statuses[method], head, body))
end

-- A request has arrived, as far as its row waits for it.
local function react(c, method, at)
  local case, record = c.case, c.record
  record.whole = at == "request"
  if record.stage == "target" and case.row.at == at then return case.row.serve(c, method) end
  c:answer_honestly(record.stage == "target" and method or "GET")
end

-- HTTP/1.1 ----------------------------------------------------------------------------------------------------------------------

local function talk_http1(c)
  local case = c.case
  while not c.gone do
    c.record = nil
    if #c.buffer == 0 and not c:fill() then return end
    begin_record(c).bytes = #c.buffer
    if case.row.at == "part" and case.stage == "target" then
      c:bytes(10)
      return react(c, case.method, "part")
    end
    local request = c:read_request()
    if not request or not request.body then return end
    react(c, request.method, "request")
  end
end

-- HTTP/2 ------------------------------------------------------------------------------------------------------------------------

function methods:frame(...) return self:send(frames.frame(...)) end

function methods:headers(fields, is_end)
  self.record.begun = true
  return self:frame(frames.HEADERS, frames.END_HEADERS + (is_end and frames.END_STREAM or 0), self.stream, frames.fields(fields))
end

function methods:data(text, is_end)
  return self:frame(frames.DATA, is_end and frames.END_STREAM or 0, self.stream, text)
end

function methods:reset_stream(code)
  self.record.refused = code == frames.REFUSED_STREAM
  return self:frame(frames.RST_STREAM, 0, self.stream, frames.word(code))
end

--- @tparam number last the last stream that may have been acted on
function methods:go_away(last, code)
  if self.record then self.record.refused = last < self.stream end
  self.last_stream = last
  return self:frame(frames.GOAWAY, 0, 0, frames.word(last) .. frames.word(code or frames.NO_ERROR))
end

--- Trickles on the stream, until its client has had enough, while the connection goes on.
function methods:trickle_data(piece)
  local stream = self.stream
  loop.spawn(function()
    while not self.gone and not self.left[stream] and self:frame(frames.DATA, 0, stream, piece) do loop.sleep(0.01) end
  end)
end

local function talk_http2(c)
  local case = c.case
  local records = {}
  c.is_h2, c.left = true, {}
  if not c:bytes(24) then return end
  c:frame(frames.SETTINGS, 0, 0, "")
  while not c.gone do
    local head = c:bytes(9)
    if not head then return end
    local kind, flags, stream, length = frames.read(head)
    local payload = c:bytes(length)
    if not payload then return end
    local of_request = kind == frames.HEADERS or kind == frames.DATA
    if kind == frames.SETTINGS and flags % 2 == 0 then c:frame(frames.SETTINGS, frames.ACK, 0, "") end
    if kind == frames.PING and flags % 2 == 0 then c:frame(frames.PING, frames.ACK, 0, payload) end
    if kind == frames.RST_STREAM then c.left[stream] = true end
    if kind == frames.HEADERS then records[stream] = begin_record(c) end
    local is_late = c.last_stream and stream > c.last_stream
    if of_request then
      c.stream, c.record = stream, records[stream]
      c.record.bytes = c.record.bytes + length
      c.record.refused = c.record.refused or kind == frames.HEADERS and is_late
    end
    -- Behind a goodbye nothing is looked at.
    if of_request and not is_late and flags % 2 == frames.END_STREAM then
      react(c, case.method, "request")
    elseif kind == frames.DATA and not is_late and case.row.at == "part" and not c.record.met then
      c.record.met = true
      react(c, case.method, "part")
    end
  end
end

-- cases -------------------------------------------------------------------------------------------------------------------------

local function context_of(protocol, certificate)
  return assert(ssl.newcontext {
    mode = "server", protocol = "any", alpn = { protocol }, certificate = directory .. "/" .. certificate .. ".pem",
    key = directory .. "/" .. certificate .. ".key",
  })
end

local protocols = { tls = "http/1.1", h2 = "h2" }
local contexts = {}

local function context(wire, certificate)
  local name = wire .. " " .. certificate
  contexts[name] = contexts[name] or context_of(protocols[wire], certificate)
  return contexts[name]
end

local function handle(c)
  local case = c.case
  if case.row.at == "accept" and case.stage == "target" then return case.row.serve(c) end
  if case.wire ~= "http" then
    local certificate = case.stage == "target" and case.row.certificate or "good"
    c.socket = tls.shake_hands(c.plain, context(case.wire, certificate))
    if not c.socket then return end
  end
  local talk = case.wire == "h2" and talk_http2 or talk_http1
  talk(c)
end

local function live(c)
  c.routine = coroutine.running()
  local fine, problem = xpcall(handle, debug.traceback, c)
  if not fine then c.case.problem = problem end
  c:close()
  c.ended = true
end

local function accept(case, accepted)
  local c = setmetatable(loop.connection(accepted, #case.connections + 1), connection_mt)
  c.plain, c.case = accepted, case
  case.connections[c.number] = c
  loop.spawn(live, c)
end

-- A port where nobody listens, or where somebody is about to.
local function bound(port)
  local listener = assert(socket.tcp4())
  assert(listener:setoption("reuseaddr", true))
  assert(listener:bind("127.0.0.1", port))
  listener:settimeout(0)
  return listener
end

local function watch(case)
  loop.watch(case.listener, function(accepted) accept(case, accepted) end)
end

local function listen(case)
  assert(case.listener:listen(64))
  watch(case)
end

-- The kernel drops a SYN when the queue of connections to accept is full: here, when there is one.
local function fill_queue(case)
  assert(case.listener:listen(0))
  case.filler = assert(socket.connect("127.0.0.1", case.port))
end

local function empty_queue(case)
  assert(case.listener:accept()):close()
  case.filler:close()
  watch(case)
end

local function name_file(case) return ("%s/names/%s"):format(directory, case.host) end

local states = {
  refuse = function() end,
  silence = fill_queue,
  names = function(case)
    local file = assert(io.open(name_file(case), "w"))
    file:write(case.row[2])
    file:close()
    listen(case)
  end,
}

-- Those that go on: what has ended is forgotten, with all that came.
local tokens, by_token = 0, {}

local control = {}

function control.open(number)
  local template = all_cases[number]
  local listener = bound(0)
  tokens = tokens + 1
  local case = {
    row = template.row, wire = template.wire, method = template.method, stage = template.kept and "warm" or "target", listener = listener,
    token = tokens, port = tonumber((select(2, listener:getsockname()))), host = "127.0.0.1", connections = {}, records = {},
  }
  by_token[case.token] = case
  local row = case.row
  if row.at == "resolve" then
    case.host = ("c%d.faults.test"):format(case.token)
    states.names(case)
  elseif row.at == "connect" and not template.kept then
    states[row[2]](case)
  else
    listen(case)
  end
  return { token = case.token, port = case.port, host = case.host }
end

local function close_kept(case)
  for _, c in ipairs(case.connections) do
    if c.gone and not c.ended then
      loop.drop(c.routine)
      c.ended = true
    end
  end
end

function control.arm(token)
  local case = by_token[token]
  case.stage = "target"
  if case.row.at == "idle" then
    for _, c in ipairs(case.connections) do
      c.record = nil
      case.row.serve(c)
    end
    close_kept(case)
  elseif case.row.at == "connect" then
    for _, c in ipairs(case.connections) do c:close() end
    close_kept(case)
    loop.unwatch(case.listener)
    case.listener:close()
    case.listener = bound(case.port)
  end
  return {}
end

function control.calm(token)
  local case = by_token[token]
  case.stage = "probe"
  if case.filler then
    empty_queue(case)
  elseif case.row.at == "connect" then
    listen(case)
  end
  os.remove(name_file(case))
  return {}
end

local function lookups_of(case)
  local count = 0
  local file = io.open(directory .. "/names/lookups", "r")
  if not file then return 0 end
  for line in file:lines() do
    if line == case.host then count = count + 1 end
  end
  file:close()
  return count
end

function control.finish(token)
  local case = by_token[token]
  local give_up = socket.gettime() + 20
  local left
  repeat
    left = 0
    for _, c in ipairs(case.connections) do
      if not c.ended then left = left + 1 end
    end
    if left > 0 then loop.sleep(0.002) end
  until left == 0 or socket.gettime() > give_up
  loop.unwatch(case.listener)
  case.listener:close()
  by_token[token] = nil
  for _, record in ipairs(case.records) do record.sent = nil end
  return { left = left, connections = #case.connections, records = case.records, lookups = lookups_of(case), problem = case.problem }
end

-- control -----------------------------------------------------------------------------------------------------------------------

local function serve_control(c)
  for request in function() return c:read_request() end do
    local what, number = request.target:match("^/(%a+)/(%d+)$")
    local fine, result = xpcall(control[what], debug.traceback, tonumber(number))
    c:answer(json.encode(fine and result or { problem = result }))
  end
  c:close()
end

loop.log_to(directory)
local server = assert(socket.bind("127.0.0.1", 0, 64))
loop.watch(server, function(accepted) loop.spawn(serve_control, loop.connection(accepted)) end)
loop.tell_port(directory, server)
loop.run()
-- LuaSec's finalizers would say goodbye on descriptors that are gone.
os.exit(true)
