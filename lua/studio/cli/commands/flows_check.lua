--- `studio flows check FILE…`: what is wrong with definitions, before anything runs.
local definitions = require "studio.cli.definitions"
local failure = require "studio.cli.failure"
local flow = require "studio.flow"

local spec = {
  columns = { "file", "level", "rule", "widget", "message" }, id_field = "rule", what = "findings",
  fields = { file = "string", level = "string", rule = "string", widget = "string", path = "string", message = "string" },
}

local rules_spec = { columns = { "rule", "level", "sentence" }, id_field = "rule" }

local function list_rules(context)
  local rules = {}
  for name, rule in pairs(flow.rules) do rules[#rules + 1] = { rule = name, level = rule.level, sentence = rule.sentence } end
  table.sort(rules, function(one, other) return one.rule < other.rule end)
  context:out():list(rules, rules_spec)
  return 0
end

-- Definitions of the flows that the checked ones call, by SID.
local function called_flows(context, given)
  local flows = {}
  for _, pair in ipairs(given) do
    local sid, path = pair:match "^(FW%x+)=(.+)$"
    if not sid then failure.usage("%s: --flow takes SID=FILE, got '%s'", context.called, pair) end
    local definition, err = definitions.read(context, path)
    if not definition then return nil, err end
    flows[sid] = definition
  end
  return next(flows) and flows or nil
end

local colours = { error = "red", warning = "yellow" }

local function count_of(counts)
  local parts = {}
  for _, level in ipairs { "error", "warning", "note" } do
    local count = counts[level]
    if count > 0 then parts[#parts + 1] = ("%d %s%s"):format(count, level, count == 1 and "" or "s") end
  end
  return parts[1] and table.concat(parts, ", ") or "nothing found"
end

return {
  examples = { "studio flows check flow.json", "studio flows check flows/*.json --strict -o json", "studio flows check FWxxxx" },
  describe = function(parser, add)
    parser:argument("file", "A definition as JSON; - for stdin, SID or SID@REVISION for one of the service."):argname("FILE"):args "*"
    parser:flag("--strict", "Fails for warnings, too.")
    parser:option("--flow", "The definition of a flow that is called, for the rules about that."):argname("SID=FILE"):count "*"
    parser:flag("--rules", "Lists the rules.")
    definitions.describe(parser)
    add.output()
    add.connection()
  end,
  run = function(context, arguments)
    if arguments.rules then return list_rules(context) end
    if #arguments.file == 0 then failure.usage("%s: missing argument 'file'", context.called) end
    local out = context:out()
    if out:is_help(spec) then return 0 end
    local flows, err = called_flows(context, arguments.flow)
    if err then return nil, err end
    local rows, counts = {}, { error = 0, warning = 0, note = 0 }
    for _, source in ipairs(arguments.file) do
      local definition
      definition, err = definitions.of(context, source)
      if not definition then return nil, err end
      for _, finding in ipairs(flow.check(definition, { flows = flows })) do
        counts[finding.level] = counts[finding.level] + 1
        if arguments.output then
          rows[#rows + 1] = { file = source, level = finding.level, rule = finding.rule, widget = finding.widget, path = finding.path,
            message = finding.message }
        else
          local line = tostring(finding):gsub("^%l+", function(level) return out:paint(level, colours[level]) end)
          out:write(("%s: %s\n"):format(source, line))
        end
      end
    end
    if arguments.output then out:list(rows, spec) end
    context:note("%s", count_of(counts))
    return (counts.error > 0 or arguments.strict and counts.warning > 0) and 3 or 0
  end,
}
