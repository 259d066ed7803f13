--- Where the commands about flows get a definition from: a file, stdin, or the service.
local failure = require "studio.cli.failure"
local flow = require "studio.flow"

local definitions = {}

--- Adds the options that fill in a file's variables.
-- @tparam table parser
function definitions.describe(parser)
  parser:option("--var", "A value for ${NAME} in the file; the environment has those that are not given."):argname("NAME=VALUE"):count "*"
end

local function variables_of(context, given)
  if not given or #given == 0 then return nil end
  local variables = {}
  for _, pair in ipairs(given) do
    local name, value = pair:match "^([%a_][%w_]*)=(.*)$"
    if not name then failure.usage("%s: --var takes NAME=VALUE, got '%s'", context.called, pair) end
    variables[name] = value
  end
  return setmetatable(variables, { __index = function(_, name) return os.getenv(name) end })
end

--- Reads a file.
-- @tparam table context
-- @tparam string path `-` is stdin
-- @treturn table the definition; or nil and an error
function definitions.read(context, path)
  local definition, err = flow.read(path == "-" and "/dev/stdin" or path, { variables = variables_of(context, context.arguments.var) })
  if definition == nil then
    if err.message:find " lacks? " then err.hint = "--var NAME=VALUE gives them" end
    return nil, err
  end
  if type(definition) ~= "table" then return nil, failure.new(2, ("%s: %s is no flow definition"):format(context.called, path)) end
  return definition
end

--- Reads a file, or asks the service.
-- @tparam table context
-- @tparam string source a path, `-`, or `SID` or `SID@REVISION`, where the revision is a number, `LatestPublished` or `LatestRevision`
-- @treturn table the definition; or nil and an error
function definitions.of(context, source)
  local sid, revision = source:match "^(FW%x+)@(.+)$"
  if not sid then sid = source:match "^FW%x+$" end
  -- A file may be called so, too.
  if not sid or #sid ~= 34 then return definitions.read(context, source) end
  local handle = context:client().v2.flows(sid)
  if revision then handle = handle.revisions(tonumber(revision) or revision) end
  local found, err = handle:fetch()
  if not found then return nil, err end
  return found.definition
end

-- Zero bytes, which no file of JSON holds, stand around the names of variables.
local marks = setmetatable({}, { __index = function(_, name) return ("\0%s\0"):format(name) end })

-- A text as it stands in a file: `${` is doubled there, and the names that `marks` gave are variables.
local function escaped(text)
  return (text:gsub("%${", "$${"):gsub("%z([^%z]*)%z", "${%1}"))
end

-- Notes of each text in which the file has variables what it is filled in, by the key that it stands under: key → filled → as in the file.
local function note_variables(marked, filled, noted)
  for key, value in pairs(marked) do
    if type(value) == "table" then
      note_variables(value, filled[key], noted)
    elseif value ~= filled[key] then
      noted[key] = noted[key] or {}
      noted[key][filled[key]] = escaped(value)
    end
  end
end

local function write_variables(definition, noted)
  for key, value in pairs(definition) do
    if type(value) == "table" then
      write_variables(value, noted)
    elseif type(value) == "string" then
      definition[key] = noted[key] and noted[key][value] or escaped(value)
    end
  end
end

--- Makes of a definition what its file holds, from which `read` makes the definition again. What stands as `${NAME}` in the file that is
-- there already stands so still, provided that the value is the same.
-- @tparam table context
-- @tparam table definition changed in place
-- @tparam string|nil path of the file
function definitions.to_file(context, definition, path)
  local noted = {}
  local marked = path and flow.read(path, { variables = marks })
  if type(marked) == "table" then
    local filled, err = flow.read(path, { variables = variables_of(context, context.arguments.var) })
    if filled then note_variables(marked, filled, noted) else context:note("%s, and keeps no ${NAME}", err.message) end
  end
  write_variables(definition, noted)
end

return definitions
