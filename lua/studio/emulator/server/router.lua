--- Finds the row of a request and the records that its path names.
-- @module studio.emulator.server.router

local errors = require "studio.emulator.server.errors"
local executions = require "studio.emulator.server.executions"
local flex_flows = require "studio.emulator.server.flex_flows"
local flows = require "studio.emulator.server.flows"

local resolvers = {}
for _, module in ipairs { flows, executions, flex_flows } do
  for name, resolve in pairs(module.resolvers) do
    resolvers[name] = resolve
  end
end

-- A tree by path segment: `literal[segment]`, or `child` under the name of a variable.
local function build(routes)
  local root = { literal = {} }
  for _, route in ipairs(routes) do
    local node = root
    for segment in route[2]:gmatch("[^/]+") do
      local variable = segment:match("^{(%w+)}$")
      local following = variable and node.child or node.literal[segment]
      if not following then
        following = { literal = {}, variable = variable }
        if variable then
          node.child = following
        else
          node.literal[segment] = following
        end
      end
      node = following
    end
    node.methods = node.methods or {}
    node.methods[route[1]] = route
  end
  return root
end

local function find(root, path)
  local node, variables = root, {}
  for segment in path:gmatch("[^/]+") do
    local following = node.literal[segment]
    if not following then
      following = node.child
      if not following then
        return nil
      end
      variables[#variables + 1] = { following.variable, segment }
    end
    node = following
  end
  return node.methods, variables
end

local root

--- Reads the table of routes.
local function open(routes)
  root = build(routes)
end

--- Gives the row of a request, and the records by the name they have in the row's path.
local function route(request)
  local methods, variables = find(root, request.path)
  if not methods then
    errors.not_found(request.path)
  end
  local row = methods[request.method]
  if not row then
    errors.refuse(405, 20004, "Method not allowed")
  end
  local found = {}
  for _, variable in ipairs(variables) do
    local record = resolvers[variable[1]](found, variable[2])
    if not record then
      errors.not_found(request.path)
    end
    found[variable[1]] = record
  end
  return row, found
end

return { open = open, route = route }
