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

return definitions
