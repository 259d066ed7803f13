--- Liquid as Studio's properties use it: templates in, text out, without any part of the service.
--
--     liquid.render("Hello {{ trigger.message.Body | downcase }}", context, { now = 1767225600, codec = codec })  --> text, or nil, problem
--     liquid.check("{{ a | upcaes }}")  --> problem: "line 1, column 8: unknown filter 'upcaes': did you mean 'upcase'?"
--     liquid.paths("{{ widgets.ask.inbound.Body }}")  --> { { path = { "widgets", "ask", "inbound", "Body" }, … } }
--     liquid.has("Hello")  --> false: nothing to render
--
-- A problem is a table `{ code = 81018, kind, message, position, line, column }` whose tostring is one line; `kind` is `"syntax"`, `"tag"`,
-- `"filter"`, `"operator"` or `"name"` where the template is at fault, `"value"` or `"limit"` where its values are. The service writes
-- warning 81018 where this module gives one, and what the property is then is not known: a runner takes empty text and reports. No
-- template makes a function of this module raise.
--
-- What the service has of its own is followed: dates are in Pacific time, `to_json`, text that spells a number counts as one in
-- arithmetic, a loop goes round 15 times at most, a text has 16 KB at most. Where that is not written down anywhere, the module
-- does as Liqp does (the Java implementation whose limits the service has), and keeps all such choices in CHOICES below.
-- @module studio.flow.liquid

local filters = require "studio.flow.liquid.filters"
local parser = require "studio.flow.liquid.parser"
local problem = require "studio.flow.liquid.problem"
local values = require "studio.flow.liquid.values"
local work = require "studio.flow.liquid.work"

--- CHOICES: what no page of the service says, or what is only inferred, and what is done here.
--
-- * An undefined name, and a path through one, is empty text. An index out of range is a problem (error 81018 names it).
-- * A list is shown as its elements in a row; an object as Java shows it, `{a=1, b=2}`, its keys sorted.
-- * `<` and its kin compare two numbers or two texts; anything else is false, not a problem. `"5" == 5` is false.
-- * What does not spell a number counts as 0 before an arithmetic filter and is a problem after it; dividing by 0 is a problem.
-- * Integers are divided with the remainder cut off, and `modulo` has the dividend's sign, as in Java. Sums and products of
--   decimals have 15 digits (0.1 and 0.2 are 0.3). Integers are exact to 2^53.
-- * `case` runs the first `when` that fits. `first`, `last` of what is no list are nothing. A loop over text or a number goes round once.
-- * A comment ends at the first `endcomment`; what is in it need not be Liquid. `else if`, operators and comparisons within `{{ }}` are
--   problems. `include`, `render`, `liquid`, `echo` are unknown tags.
-- * 16 KB are counted in bytes; what a filter makes on the way may have 256 KB, and the whole work is bounded (`work`).
-- * A template without `{{` and `{%` is given back as it is, whatever its length.
-- * A date without a zone is in Pacific time; what is no date passes `date` unchanged.

local liquid = {
  --- The filters there are: name → `{ least, most }`, how many arguments they take, and `apply`.
  filters = filters.named,
}

-- Compiled templates are kept in two generations: when the younger has enough of them it becomes the older, whose own are let go.
local kept_at_most, length_kept = 512, 16384
local young, old, young_count = {}, {}, 0

local function keep(template, compiled)
  if #template > length_kept then return end
  if young_count >= kept_at_most then
    old, young, young_count = young, {}, 0
  end
  young[template], young_count = compiled, young_count + 1
end

local compiled_methods = {}
local compiled_mt = { __name = "studio.flow.liquid.template", __index = compiled_methods }

local function caught(value, template, state)
  if not problem.is(value) then error(value, 0) end
  value.position = value.position or state and state.position
  value.kind = value.kind or (state and "value" or "syntax")
  return problem.locate(value, template)
end

local function compile(template)
  local compiled = young[template]
  if compiled then return compiled end
  compiled = old[template]
  if not compiled then
    compiled = setmetatable({ source = template }, compiled_mt)
    local ok, run = pcall(parser.parse, template, compiled)
    if ok then compiled.run = run else compiled.problem = caught(run, template) end
    compiled.own = nil
  end
  keep(template, compiled)
  return compiled
end

local function check_template(template)
  if type(template) ~= "string" then error("the template must be a string, got " .. type(template), 3) end
end

--- Does a text have anything of Liquid in it?
-- @string text
-- @treturn boolean
function liquid.has(text)
  return text:find("{[{%%]") ~= nil
end

--- Compiles a template; `liquid.render` does so itself and keeps the last ones.
-- @string template
-- @treturn[1] table the compiled form: `compiled:render(context, options)`, `compiled.paths`
-- @treturn[2] nil
-- @treturn[2] table the problem
-- @raise when the template is not a string
function liquid.compile(template)
  check_template(template)
  local compiled = compile(template)
  if compiled.problem then return nil, compiled.problem end
  return compiled
end

local none = {}

--- Renders a compiled template.
-- @tparam table context the tree of names: `flow`, `trigger`, `widgets`, `contact`; it is not changed
-- @tparam[opt] table options `now`: seconds since 1970, for `"now" | date` (default: the clock); `codec`: `{ encode, null }`, as
-- `studio.flow.codec` is one: `encode(value)` gives JSON text for `to_json`, `null` is what stands for null in the context
-- @treturn[1] string
-- @treturn[2] nil
-- @treturn[2] table the problem
function compiled_methods:render(context, options)
  options = options or none
  local state = {
    context = context or none, now = options.now or os.time(), codec = options.codec,
    pieces = {}, count = 0, size = 0, units = work.units,
  }
  values.begin(options.codec and options.codec.null)
  local ok, raised = pcall(self.run, state)
  if not ok then return nil, caught(raised, self.source, state) end
  if state.count == 1 then return state.pieces[1] end
  return table.concat(state.pieces, "", 1, state.count)
end

--- Renders a template.
-- @string template
-- @tparam table context as in the compiled form's `render`
-- @tparam[opt] table options as there
-- @treturn[1] string
-- @treturn[2] nil
-- @treturn[2] table the problem
-- @raise when the template is not a string
function liquid.render(template, context, options)
  check_template(template)
  if not template:find("{[{%%]") then return template end
  local compiled = compile(template)
  if compiled.problem then return nil, compiled.problem end
  return compiled:render(context, options)
end

--- Says what is wrong with a template, as far as that shows without values: braces, tags, filters and their arguments, expressions.
-- @string template
-- @treturn ?table the first problem; nil when there is none
-- @raise when the template is not a string
function liquid.check(template)
  check_template(template)
  local compiled = compile(template)
  if compiled.problem then return compiled.problem end
  local doubtful = compiled.doubtful[1]
  if not doubtful then return nil end
  local ok, raised = pcall(problem.raise, doubtful.message, doubtful.position, "filter")
  return not ok and caught(raised, template) or nil
end

--- Lists what a template reads, in the order of the text.
-- @string template one with a problem is read up to it
-- @treturn table array of `{ path, text, position, whole, own }`: `path` an array of names and numbers (those in `[0]`), `text` the path as
-- it is written without white space, `position` its first byte, `whole` false where it goes on with an index that is computed,
-- `own` true where its first name is the template's (assigned, captured, of a loop) and none of the context
-- @raise when the template is not a string
function liquid.paths(template)
  check_template(template)
  return compile(template).paths
end

return liquid
