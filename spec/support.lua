--- What the specs share: one emulator for a file, clients of it, clients of a transport that is a table.
local emulator = require "studio.emulator"
local studio = require "studio"

local support = {}

--- The name of the interpreter that runs the suite, for child programs.
support.interpreter = rawget(_G, "jit") and "luajit" or "lua" .. _VERSION:match("%d%.%d")

-- Services that no block uses now, of those without options; they end with this program.
local idle = {}

--- Gives the specs of a block an emulator, with fresh state before each of them.
-- Call it inside a `describe`; the service is there from `setup` on. One without options has served an earlier block of the file, if there
-- was one.
-- @tparam[opt] table options of the emulator
-- @treturn function() → the service
function support.emulator(options)
  local busted = require "busted"
  local service
  busted.setup(function() service = not options and table.remove(idle) or assert(emulator.start(options)) end)
  busted.teardown(function()
    if options then
      service:stop()
    elseif service.process then
      idle[#idle + 1] = service
    end
  end)
  busted.before_each(function() service:reset() end)
  return function() return service end
end

--- A client of an emulator; retries wait next to nothing, so that a suite of failures is quick.
-- @tparam table service
-- @tparam[opt] table options of `studio.new`, over the defaults here
function support.client(service, options)
  local all = {
    base_url = service.base_url, account_sid = service.account_sid, auth_token = service.auth_token,
    retry = { base = 0.001, cap = 0.01 },
  }
  for name, value in pairs(options or {}) do all[name] = value end
  return studio.new(all)
end

--- Collects all that nothing refers to; LuaJIT's compiled traces refer to what they were compiled for.
function support.collect()
  local jit_library = rawget(_G, "jit")
  if jit_library then jit_library.flush() end
  for _ = 1, 4 do collectgarbage() end
end

--- How much Lua memory each round leaves behind, at least: what a round leaves it leaves every time, what the suite around it keeps
-- does not come again.
-- @tparam function round
-- @treturn number KiB
function support.left_behind(round)
  local function measured()
    round()
    support.collect()
    return collectgarbage "count"
  end
  local before, least = measured(), math.huge
  for _ = 1, 4 do
    local after = measured()
    before, least = after, math.min(least, after - before)
  end
  return least
end

--- A transport that records requests and gives canned answers.
-- @tparam[opt] table|function answer `{ status, headers, body }` for every request, or a function(request) that gives one
-- @treturn table with `send`, and `requests`, the list of what was sent
function support.transport(answer)
  local transport = { requests = {} }
  function transport:send(request)
    self.requests[#self.requests + 1] = request
    if type(answer) == "function" then return answer(request) end
    return answer or { status = 200, headers = { ["Content-Type"] = "application/json" }, body = "{}" }
  end
  return transport
end

--- A client whose requests go to a transport of `support.transport`.
function support.offline(transport, options)
  local all = { account_sid = "AC" .. ("0"):rep(32), auth_token = ("f"):rep(32), transport = transport }
  for name, value in pairs(options or {}) do all[name] = value end
  return studio.new(all)
end

--- Makes an `it` for what needs a Lua module of others: pending where there is none for this Lua.
-- @tparam string module
-- @treturn function(sentence, run)
-- @treturn table|nil the module
function support.test_with(module)
  local busted = require "busted"
  local is_there, loaded = pcall(require, module)
  return function(sentence, run)
    if is_there then return busted.it(sentence, run) end
    busted.pending(("%s: %s is not here for this Lua"):format(sentence, module))
  end, is_there and loaded or nil
end

return support
