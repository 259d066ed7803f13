-- Seen: a function of the C module that trusted a long path read past its buffer. No function of studio.core and studio.crypto, and
-- no method of their userdata, trusts what it is given: each raises, or gives something, and the process lives on.
local child = require "spec.child"

local PROGRAM = [==[
local core, crypto = require "studio.core", require "studio.crypto"
local calls, raised = 0, 0
local ORIGIN = "http://127.0.0.1:1"

local function new_multi(options)
  return core.multi(options or { connect_timeout = 1, max_response_bytes = 1000, user_agent = "x", proxy = "" })
end

-- What the metamethods below close.
local multi, transfer, headers
local held = assert(core.hold "/dev/null")
local function renew()
  multi, headers = new_multi(), core.headers { "Accept", "*/*" }
  multi:pollfd()
  transfer = multi:transfer()
end
renew()

local function close_all()
  transfer:close()
  multi:close()
  headers:close()
end

local function with_metamethods(action)
  local metatable = {}
  for _, name in ipairs { "__index", "__newindex", "__len", "__tostring", "__pairs", "__call", "__eq", "__name", "__concat", "__unm" } do
    metatable[name] = action
  end
  return setmetatable({}, metatable)
end

local function closed(object)
  object:close()
  return object
end

local long, deep = ("x\0\255"):rep(4000), ("[{\"a\":"):rep(40000)

local makers = {
  function() return nil end, function() return true end, function() return false end, function() return 0 end, function() return -1 end,
  function() return 1 end, function() return 1.5 end, function() return 2 ^ 31 end, function() return -2 ^ 31 end,
  function() return 2 ^ 53 end, function() return 2 ^ 63 end, function() return 1e300 end, function() return -1e300 end,
  function() return 1 / 0 end, function() return -1 / 0 end, function() return 0 / 0 end, function() return "" end,
  function() return "keep" end, function() return "FW" .. ("0"):rep(32) end, function() return "\0" end,
  function() return long end, function() return deep end, function() return {} end,
  function() return { 1, 2, 3, 4 } end, function() return { "a", "b\0\r\n" } end, function() return { "a" } end,
  function() return { {}, {}, print } end, function() return { a = { b = {} } } end,
  function() local cycle = {} cycle[1] = cycle return cycle end,
  function() return { "to", "To=", error, true, {}, "b", "B=", function() close_all() return "x" end, true, {} } end,
  function() return { to = "x", b = "y" } end,
  function() return with_metamethods(function() error("raised", 0) end) end,
  function() return with_metamethods(function() close_all() return "x" end) end,
  function() return print end, function() return coroutine.create(print) end, function() return io.stdout end,
  function() return core.decode "null" end, function() return multi end, function() return transfer end, function() return headers end,
  function() return closed(new_multi()) end, function() return closed(core.headers {}) end,
  function() return closed(multi:transfer()) end,
}

local function try(f, ...)
  calls = calls + 1
  local ok, err = pcall(f, ...)
  if not ok then
    raised = raised + 1
    assert(type(err) == "string" or type(err) == "table", "an error is a text")
  end
  if not pcall(multi.ring, multi) or tostring(multi):find "closed" then -- a ring, so that no step waits
    renew()
    multi:ring()
  end
  if not pcall(held.size, held) then held = assert(core.hold "/dev/null") end
end

-- Every value in the first place and in the second.
local function try_all(f)
  try(f)
  for _, first in ipairs(makers) do
    try(f, first())
    for _, second in ipairs(makers) do try(f, first(), second()) end
  end
end

local unpack = table.unpack or unpack
-- Arguments that are right, each in turn replaced by every value.
local function try_each(f, make, count)
  for place = 1, count do
    for _, value in ipairs(makers) do
      local arguments = make()
      arguments[place] = value()
      try(f, unpack(arguments, 1, count))
    end
  end
end

-- Of a text these would make a file.
local makes_files = { hold = true, make_private = true }
for _, module in ipairs { core, crypto } do
  for name, f in pairs(module) do
    if type(f) == "function" and not makes_files[name] then try_all(f) end
  end
end
for name in pairs(makes_files) do
  for _, value in ipairs(makers) do
    if type(value()) ~= "string" and type(value()) ~= "number" then try(core[name], value()) end
  end
end

for _, name in ipairs { "connect_timeout", "max_response_bytes", "user_agent", "ca_file", "proxy", "no_proxy", "http1" } do
  for _, value in ipairs(makers) do
    local options = { connect_timeout = 1, max_response_bytes = 1000 }
    options[name] = value()
    try(function() local made = new_multi(options) made:transfer() made:close() end)
  end
end

local kinds = {
  function() return multi end, function() return transfer end, function() return headers end,
  function() return closed(new_multi()) end, function() return closed(multi:transfer()) end, function() return closed(core.headers {}) end,
  function() return held end,
}
for _, kind in ipairs(kinds) do
  local metatable = getmetatable(kind())
  for _, functions in ipairs { metatable, metatable.__index } do
    for _, f in pairs(functions) do
      if type(f) == "function" then
        try_all(f)
        for _, value in ipairs(makers) do
          for _, other in ipairs(makers) do try(f, kind(), value(), other()) end
        end
      end
    end
  end
end

local function request() return { transfer, "POST", ORIGIN, "/", headers, "x=1", 1, "resource" } end
for _, name in ipairs { "start", "exchange" } do
  try_each(function(...)
    transfer[name](...)
    multi:step(0)
    transfer:cancel()
  end, request, 8)
end

assert(core.decode('{"a":[1]}').a[1] == 1 and core.encode { a = 1 } == '{"a":1}', "it still works")
assert(raised > calls / 10 and raised < calls, "some calls are refused, and some are not")
collectgarbage()
print(calls .. " calls")
]==]

describe("The C modules", function()
  it("raise, or give something, whatever they are given", function()
    local output = child.run(PROGRAM)
    assert.is_truthy(output:find("^%d%d%d%d+ calls\nstatus=0\n$"), output)
  end)
end)
