--- Sockets and coroutines of the servers for specs. Every connection has a coroutine of its own, which waits by yielding; all of them
--- end with the input of the program.
local socket = require "socket"

local loop = {}

-- What each coroutine waits for: { socket = s, mode = "read" | "write" } or { at = moment }.
local waiting = {}
local listeners = {}

-- Where `loop.log` writes: of a coroutine, and of all others.
local logs, common_log = setmetatable({}, { __mode = "k" }), nil

--- Where `loop.log` writes; the port is told there, too.
function loop.log_to(directory) common_log = assert(io.open(directory .. "/log", "a")) end

--- Where it writes in this coroutine.
function loop.log_here(file) logs[coroutine.running()] = file end

local function log_of(routine, ...)
  local file = routine and logs[routine] or common_log
  file:write(table.concat({ ... }, " "), "\n")
  file:flush()
end

function loop.log(...) log_of(coroutine.running(), ...) end

function loop.wait_for(of, mode) coroutine.yield { socket = of, mode = mode } end

function loop.sleep(seconds) coroutine.yield { at = socket.gettime() + seconds } end

local function resume(routine, ...)
  local fine, wish = coroutine.resume(routine, ...)
  if not fine then log_of(routine, "error", (tostring(wish):gsub("\n", " "))) end
  waiting[routine] = fine and coroutine.status(routine) ~= "dead" and wish or nil
end

function loop.spawn(body, ...)
  local routine = coroutine.create(body)
  resume(routine, ...)
  return routine
end

--- Takes a coroutine out: what it waits for is no more.
function loop.drop(routine) waiting[routine] = nil end

--- Connections of a listening socket are given to `accept`, without blocking.
function loop.watch(listener, accept)
  listener:settimeout(0)
  listeners[listener] = accept
end

function loop.unwatch(listener) listeners[listener] = nil end

--- Tells the port to the program that started this one: whole, or not yet.
function loop.tell_port(directory, listener)
  local port = assert(io.open(directory .. "/port.new", "w"))
  port:write(select(2, listener:getsockname()), "\n")
  port:close()
  assert(os.rename(directory .. "/port.new", directory .. "/port"))
end

local function what_to_watch(stdin)
  local readers, writers, soonest = { stdin }, {}, nil
  for listener in pairs(listeners) do readers[#readers + 1] = listener end
  for _, wish in pairs(waiting) do
    if wish.at then
      soonest = math.min(soonest or wish.at, wish.at)
    else
      local list = wish.mode == "read" and readers or writers
      list[#list + 1] = wish.socket
    end
  end
  return readers, writers, soonest and math.max(0, soonest - socket.gettime())
end

-- All that have come, so that what comes later is answered later.
local function accept_all(listener, accept)
  local accepted = listener:accept()
  while accepted do
    accepted:settimeout(0)
    accepted:setoption("tcp-nodelay", true)
    accept(accepted)
    accepted = listeners[listener] and listener:accept()
  end
end

--- Runs until standard input ends, or until `on_input`, if there is one, is called for something that came there and gives false.
function loop.run(on_input)
  local stdin = { getfd = function() return 0 end }
  while true do
    local readable, writable = socket.select(what_to_watch(stdin))
    if readable[stdin] and not (on_input and on_input()) then return end
    local busy, ready = {}, {}
    for listener, accept in pairs(listeners) do
      if readable[listener] then busy[listener] = accept end
    end
    for listener, accept in pairs(busy) do accept_all(listener, accept) end
    for routine, wish in pairs(waiting) do
      local due = wish.at and wish.at <= socket.gettime() or wish.socket and (readable[wish.socket] or writable[wish.socket])
      if due then ready[#ready + 1] = routine end
    end
    for _, routine in ipairs(ready) do
      if waiting[routine] then resume(routine) end
    end
  end
end

-- connections -------------------------------------------------------------------------------------------------------------------

local connection_methods = {}
loop.connection_methods = connection_methods

local waits = { timeout = "read", wantread = "read", wantwrite = "write" }

--- Reads what has come, and waits for it if need be.
-- @treturn boolean false when the peer has closed
function connection_methods:fill()
  while not self.is_over do
    local data, problem, partial = self.socket:receive(65536)
    data = data or partial
    -- LuaSec must not be asked again: once OpenSSL has given a connection up, it does not come back.
    self.is_over = problem and not waits[problem]
    if data and #data > 0 then
      self.buffer = self.buffer .. data
      return true
    end
    if not self.is_over then loop.wait_for(self.socket, waits[problem]) end
  end
  return false
end

--- The next `count` bytes, or nil when the peer closes before.
function connection_methods:bytes(count)
  local parts, length = { self.buffer }, #self.buffer
  while length < count do
    self.buffer = ""
    if not self:fill() then return nil end
    parts[#parts + 1] = self.buffer
    length = length + #self.buffer
  end
  local all = table.concat(parts)
  self.buffer = all:sub(count + 1)
  return all:sub(1, count)
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

--- Reads a request: `head`, `method`, `target`, `headers`, `body`; nil when the peer closes.
function connection_methods:read_request()
  local first = self:line()
  if not first then return nil end
  local request = { head = first, headers = {} }
  request.method, request.target = first:match("^(%S+) (%S+)")
  for line in function() return self:line() end do
    if line == "" then break end
    request.head = request.head .. "\n" .. line
    local name, value = line:match("^([^:]+):%s*(.*)$")
    if name then request.headers[name:lower()] = value end
  end
  request.body = self:bytes(tonumber(request.headers["content-length"]) or 0)
  return request
end

--- Reads a request and logs `request <connection> <method> <target> <body>`; nil, logged as `eof <connection>`, when the peer closes.
function connection_methods:request()
  local request = self:read_request()
  if not request then
    loop.log("eof", self.number)
    return nil
  end
  request.body = request.body or ""
  loop.log("request", self.number, tostring(request.method), tostring(request.target), request.body)
  return request
end

--- Reads to the end, and forgets it.
function connection_methods:drain()
  repeat self.buffer = "" until not self:fill()
end

--- @treturn boolean false when the peer has closed
function connection_methods:send(data)
  local at = 1
  while at <= #data and not self.is_over do
    loop.wait_for(self.socket, "write")
    local last, problem, partial = self.socket:send(data, at)
    self.is_over = not last and not waits[problem]
    at = (last or partial or at - 1) + 1
  end
  return not self.is_over
end

--- A whole, honest answer.
function connection_methods:answer(body, more)
  body = body or "{}"
  return self:send(("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n%s\r\n%s"):format(#body, more or "", body))
end

function connection_methods.wait(_, seconds) loop.sleep(seconds) end

function connection_methods:log(text) loop.log(text, self.number) end

function connection_methods:close() self.socket:close() end

--- Ends our side with a FIN.
function connection_methods:fin() self.socket:shutdown("send") end

--- The same, and hears the peer out. A close with bytes that were not read is a RST, which may overtake what was sent before it.
function connection_methods:cut()
  self:fin()
  self:drain()
end

function connection_methods:reset()
  self.socket:setoption("linger", { on = true, timeout = 0 })
  self.socket:close()
end

local connection_mt = { __index = connection_methods }

--- @tparam userdata accepted
-- @tparam number number of the connection, from 1
function loop.connection(accepted, number)
  return setmetatable({ socket = accepted, number = number, buffer = "" }, connection_mt)
end

return loop
