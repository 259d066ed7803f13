-- A TCP server that does what a scenario says, byte by byte: for answers that no honest server gives. Started by spec/child.lua, which
-- sends the scenario (a Lua chunk, called with each connection and its number); ends at the end of its stdin.
local socket = require "socket"

local directory = arg[1]
local length = tonumber(io.read("*l"))
local scenario = assert((loadstring or load)(io.read(length), "=scenario"))

local log_file = assert(io.open(directory .. "/log", "a"))
local function log(...)
  log_file:write(table.concat({ ... }, " "), "\n")
  log_file:flush()
end

-- What each coroutine waits for: { socket = s, mode = "read" | "write" } or { at = moment }.
local waiting = {}

local connection_methods = {}
local connection_mt = { __index = connection_methods }

function connection_methods:fill()
  coroutine.yield { socket = self.socket, mode = "read" }
  local data, problem, partial = self.socket:receive(65536)
  data = data or partial
  self.buffer = self.buffer .. (data or "")
  return problem ~= "closed" or #(data or "") > 0
end

--- The next `count` bytes, or nil when the peer closes before.
function connection_methods:bytes(count)
  while #self.buffer < count do
    if not self:fill() then return nil end
  end
  local data = self.buffer:sub(1, count)
  self.buffer = self.buffer:sub(count + 1)
  return data
end

--- The next line without its line break.
function connection_methods:line()
  while not self.buffer:find("\n", 1, true) do
    if not self:fill() then return nil end
  end
  local line, rest = self.buffer:match("^(.-)\r?\n(.*)$")
  self.buffer = rest
  return line
end

--- Reads a request and logs `request <connection> <method> <target> <body>`; nil, logged as `eof <connection>`, when the peer closes.
function connection_methods:request()
  local first = self:line()
  if not first then
    log("eof", self.number)
    return nil
  end
  local request = { head = first, headers = {} }
  request.method, request.target = first:match("^(%S+) (%S+)")
  for line in function() return self:line() end do
    if line == "" then break end
    request.head = request.head .. "\n" .. line
    local name, value = line:match("^([^:]+):%s*(.*)$")
    if name then request.headers[name:lower()] = value end
  end
  request.body = self:bytes(tonumber(request.headers["content-length"]) or 0) or ""
  log("request", self.number, tostring(request.method), tostring(request.target), request.body)
  return request
end

function connection_methods:send(data)
  local at = 1
  while at <= #data do
    coroutine.yield { socket = self.socket, mode = "write" }
    local last, problem, partial = self.socket:send(data, at)
    if not last and problem == "closed" then return false end
    at = (last or partial) + 1
  end
  return true
end

--- A whole, honest answer.
function connection_methods:answer(body, more)
  body = body or "{}"
  return self:send(("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n%s\r\n%s"):format(#body, more or "", body))
end

function connection_methods.wait(_, seconds) coroutine.yield { at = socket.gettime() + seconds } end

function connection_methods:log(text) log(text, self.number) end

function connection_methods:close() self.socket:close() end

function connection_methods:reset()
  self.socket:setoption("linger", { on = true, timeout = 0 })
  self.socket:close()
end

local server = assert(socket.bind("127.0.0.1", 0, 64))
server:settimeout(0)
local stdin = { getfd = function() return 0 end }

local port = assert(io.open(directory .. "/port", "w"))
port:write(select(2, server:getsockname()), "\n")
port:close()

local function resume(routine, ...)
  local fine, wish = coroutine.resume(routine, ...)
  if not fine then log("error", (tostring(wish):gsub("\n", " "))) end
  waiting[routine] = fine and coroutine.status(routine) ~= "dead" and wish or nil
end

local count = 0
while true do
  local readers, writers, soonest = { server, stdin }, {}, nil
  for _, wish in pairs(waiting) do
    if wish.at then
      soonest = math.min(soonest or wish.at, wish.at)
    else
      local list = wish.mode == "read" and readers or writers
      list[#list + 1] = wish.socket
    end
  end
  local readable, writable = socket.select(readers, writers, soonest and math.max(0, soonest - socket.gettime()))
  if readable[stdin] then break end
  if readable[server] then
    local accepted = server:accept()
    if accepted then
      count = count + 1
      accepted:settimeout(0)
      accepted:setoption("tcp-nodelay", true)
      log("connection", count)
      local connection = setmetatable({ socket = accepted, number = count, buffer = "" }, connection_mt)
      resume(coroutine.create(scenario), connection, count)
    end
  end
  local ready = {}
  for routine, wish in pairs(waiting) do
    local due = wish.at and wish.at <= socket.gettime() or wish.socket and (readable[wish.socket] or writable[wish.socket])
    if due then ready[#ready + 1] = routine end
  end
  for _, routine in ipairs(ready) do resume(routine) end
end
