--- `studio flows diff OLD NEW`: what changed, by what it means. Exit code 3 when something did.
local definitions = require "studio.cli.definitions"
local flow = require "studio.flow"

local spec = {
  columns = { "op", "widget", "path", "from", "to" }, id_field = "widget", what = "changes",
  fields = { op = "string", widget = "string", type = "string", path = "string", from = "any", to = "any", note = "string" },
}

local colours = { ["+"] = "green", ["-"] = "red", ["~"] = "yellow" }

-- The changes as text, a colour for each kind of line.
local function painted(out, changes)
  return (tostring(changes):gsub("\n*$", ""):gsub("[^\n]+", function(line)
    return out:paint(line, colours[line:match "^%s*([-+~]) "])
  end)) .. "\n"
end

return {
  examples = { "studio flows diff FWxxxx flow.json", "studio flows diff FWxxxx@3 FWxxxx@LatestRevision -o json" },
  describe = function(parser, add)
    local doc = "A file, - for stdin, SID or SID@REVISION."
    parser:argument("old", doc):argname "OLD"
    parser:argument("new", doc):argname "NEW"
    definitions.describe(parser)
    add.output()
    add.connection()
  end,
  run = function(context, arguments)
    local out = context:out()
    if out:is_help(spec) then return 0 end
    local old, err = definitions.of(context, arguments.old)
    if not old then return nil, err end
    local new
    new, err = definitions.of(context, arguments.new)
    if not new then return nil, err end
    local changes
    changes, err = flow.diff(old, new)
    if not changes then return nil, err end
    if arguments.output then
      out:list(changes, spec)
    elseif #changes > 0 then
      out:write(painted(out, changes))
    else
      context:note("no difference")
    end
    return #changes > 0 and 3 or 0
  end,
}
