-- The folder is the layer: a file requires its own folder and the folders below it, by a plain `require` with a literal string. What stands
-- inside a function is a door, marked `-- late:`.

-- The lowest layer comes first; rooms of one layer know nothing of one another.
local layers = {
  { "console" },
  { "base" },
  { "flow" },
  { "waiting" },
  { "transport" },
  { "request" },
  { "api" },
  { "resource" },
  { "client", "webhook", "studio" },
  { "all" },
  { "emulator" },
  { "executions", "deploy" },
  { "cli" },
}

local level_of = {}
for level, rooms in ipairs(layers) do
  for _, room in ipairs(rooms) do level_of[room] = level end
end

-- The room of a module: `studio.base.errors` is in base, `studio` in studio; the files of flow/ that are programs over the library are in
-- deploy.
local function room_of(name)
  if name == "studio.flow.deploy" or name:find "^studio%.flow%.deploy%." then return "deploy" end
  return name:match "^studio%.([%w_]+)" or "studio"
end

-- studio.flow is one module for programs, whatever layer its functions are of: its door to those over the library is the only one upwards.
local function is_way_up(name, target)
  return name == "studio.flow" and target == "studio.flow.deploy"
end

-- The local service runs flows and shows them. In nginx, which must not open the C module, it puts the codec in pure Lua in the place of
-- the other.
local doors_of_emulator = {}
for _, name in ipairs { "hosting", "json", "showing" } do doors_of_emulator["studio.flow." .. name] = true end

local modules = {}
local listing = assert(io.popen "find lua -name '*.lua' | LC_ALL=C sort")
for path in listing:lines() do
  local file = assert(io.open(path))
  local name = path:gsub("^lua/", ""):gsub("%.lua$", ""):gsub("/init$", ""):gsub("/", ".")
  modules[name] = { path = path, text = file:read "*a" }
  file:close()
end
listing:close()

-- Lines of code with their numbers: neither comments nor texts of nginx's configuration.
local function each_line(text, visit)
  local number = 0
  for line in (text .. "\n"):gmatch "(.-)\n" do
    number = number + 1
    if not line:find "^%s*%-%-" then visit(line, number) end
  end
end

local function each_require(module, visit)
  each_line(module.text, function(line, number)
    for target in line:gmatch "require[%s(,]*[\"'](studio[%w_.]*)[\"']" do visit(target, line, number) end
  end)
end

describe("The tree of lua/", function()
  it("has a layer for every room", function()
    for name in pairs(modules) do assert.truthy(level_of[room_of(name)], name) end
  end)

  it("has no import that goes up or into another room of the same layer", function()
    for name, module in pairs(modules) do
      local room = room_of(name)
      each_require(module, function(target, _, number)
        local there = room_of(target)
        if target ~= "studio.core" and target ~= "studio.crypto" and there ~= room then
          -- studio.lua opens every public module.
          local is_below = level_of[there] < level_of[room] or room == "studio" or is_way_up(name, target)
          assert.truthy(is_below, ("%s:%d: %s is not below %s"):format(module.path, number, target, room))
          local is_public = there ~= "flow" or target == "studio.flow" or room == "emulator" and doors_of_emulator[target]
          assert.truthy(is_public, ("%s:%d: names insides of flow/"):format(module.path, number))
        end
      end)
    end
  end)

  -- The local service runs flows in nginx, which must not open the C module.
  it("has nothing in flow/ that opens the C module", function()
    local seen = { ["studio.flow.codec"] = true, ["studio.flow.deploy"] = true }
    local function visit(name, way)
      if seen[name] then return end
      seen[name] = true
      each_require(modules[name], function(target)
        assert.not_equal("studio.core", target, way)
        visit(target, way .. " -> " .. target)
      end)
    end
    for name in pairs(modules) do
      if room_of(name) == "flow" then visit(name, name) end
    end
  end)

  it("imports what there is", function()
    for _, module in pairs(modules) do
      each_require(module, function(target, _, number)
        local is_there = modules[target] or target == "studio.core" or target == "studio.crypto"
        assert.truthy(is_there, ("%s:%d: %s"):format(module.path, number, target))
      end)
    end
  end)

  it("imports by literal strings", function()
    for _, module in pairs(modules) do
      each_line(module.text, function(line, number)
        local argument = line:match "%f[%w_]require%s*(%b())" or line:match "%f[%w_]require%s+([%w_.]+)"
        local is_literal = argument == nil or argument:find "^%(?%s*[\"']" or line:find "pcall%(require, *[\"']"
        assert.truthy(is_literal, ("%s:%d: %s"):format(module.path, number, line))
      end)
    end
  end)

  it("marks every import inside a function as a door", function()
    for name, module in pairs(modules) do
      if room_of(name) ~= "emulator" then
        local previous = ""
        each_line(module.text, function(line, number)
          local is_inside = line:find "^%s" and line:find "require[%s(]*[\"']studio"
          local marked = line:find("-- late:", 1, true) or previous:find("-- late:", 1, true)
          -- An entry of a list that a file makes as it is loaded is no door.
          local is_entry = line:find "^%s*%(?require \"[%w_.]+\"%)?,$"
          if is_inside and not is_entry then assert.truthy(marked, ("%s:%d: %s"):format(module.path, number, line)) end
          previous = line
        end)
      end
    end
  end)

  it("has no circle of imports", function()
    local state = {}
    local function visit(name, way)
      if state[name] == "done" then return end
      assert.is_nil(state[name], way .. " -> " .. name)
      state[name] = "open"
      each_require(modules[name], function(target)
        if modules[target] and target ~= name and not is_way_up(name, target) then visit(target, way .. " -> " .. name) end
      end)
      state[name] = "done"
    end
    for name in pairs(modules) do visit(name, "") end
  end)

  -- A file and its header are one: what either includes, the file builds upon.
  it("has no circle of includes in C", function()
    local includes = {}
    local listed = assert(io.popen "cd csrc && ls *.[ch]")
    for path in listed:lines() do
      local name = path:match "^(.*)%.[ch]$"
      includes[name] = includes[name] or {}
      for line in io.lines("csrc/" .. path) do
        local other = line:match '^#include "(.*)%.h"'
        if other and other ~= name then includes[name][other] = true end
      end
    end
    listed:close()
    assert.truthy(next(includes.engine))
    local state = {}
    local function visit(name, way)
      if state[name] == "done" then return end
      assert.is_nil(state[name], way .. " -> " .. name)
      state[name] = "open"
      for other in pairs(includes[name]) do visit(other, way .. " -> " .. name) end
      state[name] = "done"
    end
    for name in pairs(includes) do visit(name, "") end
  end)
end)
