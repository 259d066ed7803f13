-- What flow.graph draws: text that Graphviz and Mermaid take, whatever names and texts there are.
local codec = require "studio.flow.codec"
local flow = require "studio.flow"

local function content_of(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "*a"
  file:close()
  return text
end

local function load(name)
  return assert(codec.decode(content_of("spec/data/flows/sound/" .. name .. ".json")))
end

local function state_called(definition, name)
  for position, state in ipairs(definition.states) do
    if state.name == name then return state, position end
  end
end

-- Names and texts that mean something to the one or the other.
local function odd()
  local value = 'a"b|c}]#;\n\\ `x` <y> --> %% é \226\134\146'
  local condition = { friendly_name = "x", arguments = { "{{flow.data.x}}" }, type = "equal_to", value = value }
  return {
    initial_state = "end",
    states = {
      {
        name = "end", type = "trigger", properties = { offset = { x = 1.5, y = -20 } },
        transitions = { { event = "incomingMessage", next = 'o"x' }, { event = "incomingCall", next = "gone`<b>" } },
      },
      {
        name = 'o"x', type = "split-based-on", properties = { input = "{{flow.data.x}}" },
        transitions = { { event = "noMatch", next = "end" }, { event = "match", next = "style\\n", conditions = { condition } } },
      },
      { name = "style\\n", type = "no\\such\"type\n", properties = {}, transitions = { { event = "a|b\"c", next = "graph" } } },
      { name = "graph", type = "run-subflow", properties = {}, transitions = { "no transition", { next = "graph" } } },
      { type = "say-play" },
      "no state",
    },
  }
end

local function count_of(text, pattern)
  local _, count = text:gsub(pattern, "")
  return count
end

local has_graphviz = os.execute "command -v dot >/dev/null 2>&1"
has_graphviz = has_graphviz == true or has_graphviz == 0

-- The SVG that Graphviz makes of a text; fails when it says anything.
local function svg_of(text)
  local path = os.tmpname()
  local file = assert(io.open(path, "w"))
  file:write(text)
  file:close()
  local pipe = assert(io.popen(("dot -Tsvg %s 2>&1"):format(path)))
  local output = pipe:read "*a"
  pipe:close()
  os.remove(path)
  assert.are.equal("<?xml", output:sub(1, 5), output:sub(1, 300))
  assert.is_truthy(output:find("</svg>", 1, true))
  return output
end

describe("flow.graph", function()
  it("draws a node for each widget and an edge for each transition that leads somewhere", function()
    local definition = load "order-bot"
    local edges = 0
    for _, state in ipairs(definition.states) do
      for _, transition in ipairs(state.transitions) do edges = edges + (transition.next and 1 or 0) end
    end
    for format, arrow in pairs { dot = " %-> ", mermaid = " %-%->|" } do
      local text = assert(flow.graph(definition, { format = format }))
      assert.are.equal(edges, count_of(text, arrow), format)
      for _, state in ipairs(definition.states) do assert.is_truthy(text:find(state.name, 1, true)) end
      assert.are.equal(text, flow.graph(content_of "spec/data/flows/sound/order-bot.json", { format = format }))
    end
    assert.are.equal(flow.graph(definition), flow.graph(definition, { format = "dot" }))
  end)

  it("gives Graphviz the places on the canvas, rounded, the same on every Lua", function()
    local definition = load "order-bot"
    for place, offset in pairs { ["0,0"] = { x = 0, y = 0 }, ["2,0"] = { x = 1.5, y = 0.25 }, ["-20,310"] = { x = -20.2, y = -310 } } do
      definition.states[1].properties.offset = offset
      assert.is_truthy(flow.graph(definition):find(('pos="%s"'):format(place), 1, true), place)
    end
  end)

  it("labels edges with the event, and matches with what they compare", function()
    local text = flow.graph(load "order-bot")
    assert.is_truthy(text:find('label="deliveryFailure"', 1, true))
    assert.is_truthy(text:find('label="= sent"', 1, true))
    assert.is_truthy(text:find('label="in human, agent,help"', 1, true))
    assert.is_truthy(text:find('label="is blank"', 1, true))
    assert.is_truthy(text:find('label="> 2"', 1, true))
  end)

  it("gives Graphviz what it takes", function()
    if not has_graphviz then return pending "Graphviz is not installed: its 'dot' would draw these" end
    for _, name in ipairs { "order-bot", "ivr", "reminder", "survey-subflow", "parent", "flex-webchat", "every-widget" } do
      local definition = load(name)
      local svg = svg_of(flow.graph(definition))
      assert.are.equal(#definition.states, count_of(svg, '<g id="node%d+"'), name)
    end
    local svg = svg_of(flow.graph(odd()))
    assert.are.equal(6, count_of(svg, '<g id="node%d+"'), "five states, and one that is missing")
    assert.is_truthy(svg:find("style\\n", 1, true), "a backslash of a name is no line end")
    assert.is_truthy(svg:find("= a&quot;b|c}]#; \\ `x` &lt;y&gt; &#45;&#45;&gt; %% é", 1, true), svg)
  end)

  it("writes Mermaid with labels that cannot break out of their quotation marks", function()
    local text = flow.graph(odd(), { format = "mermaid" })
    for line in text:gmatch "[^\n]+" do
      local outside = line:gsub('%b""', "")
      assert.is_nil(outside:find '["`]', line)
      assert.is_truthy(outside:find "^[%w%s%[%]%(%){}|/<>=.:;,#%-]*$", line)
    end
    assert.is_truthy(text:find('s0(["end<br/>trigger"])', 1, true))
    assert.is_truthy(text:find('"= a#quot;b|c}]#35;; #92; #96;x#96; #lt;y#gt; --#gt; %% é', 1, true), text)
  end)

  it("shows the path of an Execution, its edges counted", function()
    local steps = {
      { name = "sent", transitioned_from = "not_understood", transitioned_to = "count_failures" },
      { name = "noMatch", transitioned_from = "is_human", transitioned_to = "not_understood" },
      { name = "incomingMessage", transitioned_from = "ask", transitioned_to = "is_human" },
      { name = "incomingMessage", transitioned_from = "ask", transitioned_to = "is_human" },
      { name = "incomingMessage", transitioned_from = "Trigger", transitioned_to = "ask" },
      { name = "sent", transitioned_from = "is_open", transitioned_to = "Ended" },
      { name = "left", transitioned_from = "of_another_revision", transitioned_to = "ask" },
    }
    local dot = flow.graph(load "order-bot", { steps = steps })
    assert.are.equal(6, count_of(dot, "penwidth"), "one edge for each way")
    assert.is_truthy(dot:find('label="incomingMessage (2 times)", penwidth', 1, true))
    assert.is_truthy(dot:find('label="Ended"', 1, true))
    assert.is_truthy(dot:find('label="of_another_revision\\nmissing"', 1, true))
    local mermaid = flow.graph(load "order-bot", { steps = steps, format = "mermaid" })
    assert.are.equal(4, count_of(mermaid, "==>"))
    assert.are.equal(2, count_of(mermaid, "%-%.%->"))
    assert.are.equal(6, count_of(mermaid, "linkStyle"))
    if has_graphviz then svg_of(dot) end
  end)

  it("shows the path of a run", function()
    local run = assert(flow.simulate(load "parent", { body = "hi", flows = { ["FW" .. ("1"):rep(32)] = load "survey-subflow" } }))
    local dot = flow.graph(load "parent", { steps = run.steps })
    assert.is_true(count_of(dot, "penwidth") >= 2)
  end)

  it("shows what was added, changed, removed and renamed", function()
    local old, new = load "order-bot", load "order-bot"
    local text = codec.encode(new):gsub('"look_up"', '"find_order"'):gsub("widgets%.look_up", "widgets.find_order")
    new = codec.decode(text)
    state_called(new, "ask").transitions[2].next = "tell"
    table.insert(new.states, { name = "tell", type = "say-play", properties = {}, transitions = {} })
    local _, position = state_called(new, "too_late")
    table.remove(new.states, position)
    local changes = flow.diff(old, new)
    local dot = flow.graph(new, { changes = changes })
    local function line_of(name) return dot:match('[^\n]*label="' .. name .. "[^\n]*") end
    assert.is_truthy(line_of("tell"):find("#dafbe1", 1, true))
    assert.is_truthy(line_of("too_late"):find("#ffebe9", 1, true))
    assert.is_truthy(line_of("ask\\n"):find("#fff8c5", 1, true))
    assert.is_truthy(line_of("find_order %(was look_up%)"):find("#fff8c5", 1, true))
    assert.is_nil(line_of("is_sent"):find("fillcolor", 1, true))
    assert.are.equal(2, count_of(dot, '%-> n%d+ %[label="timeout"[^\n]*color'), "the target that was, and the one that is")
    local mermaid = flow.graph(new, { changes = changes, format = "mermaid" })
    for _, class in ipairs { "added", "changed", "removed" } do
      assert.is_truthy(mermaid:find(":::" .. class, 1, true))
      assert.is_truthy(mermaid:find("classDef " .. class, 1, true))
    end
    if has_graphviz then svg_of(dot) end
  end)

  it("takes a match or a property that is gone for a change of the widget, and shows the match's edge", function()
    local old, new = load "order-bot", load "order-bot"
    table.remove(state_called(new, "state_of_order").transitions, 3)
    table.insert(state_called(new, "is_human").transitions, {
      event = "match", next = "too_late",
      conditions = { { friendly_name = "x", arguments = { "{{widgets.ask.inbound.Body}}" }, type = "equal_to", value = "bye" } },
    })
    state_called(old, "look_up").properties.parameters = { { key = "a", value = "b" } }
    local dot = flow.graph(new, { changes = flow.diff(old, new) })
    for name, shape in pairs { state_of_order = "diamond", is_human = "diamond", look_up = "box3d" } do
      local node = dot:match('[^\n]*label="' .. name .. "\\[^\n]*")
      assert.is_truthy(node:find("#fff8c5", 1, true) and node:find("shape=" .. shape, 1, true), node)
    end
    assert.are.equal(1, count_of(dot, '%-> n%d+ %[label="match"[^\n]*#cf222e'), "the edge that is gone")
    assert.are.equal(1, count_of(dot, '%-> n%d+ %[label="= bye"[^\n]*#1a7f37'), "the edge that is new")
  end)

  it("leads an edge that is gone to the widget's present name, and shows the edges of what was added", function()
    local function state(name, following)
      return { name = name, type = "send-message", properties = { body = name }, transitions = { { event = "sent", next = following } } }
    end
    local before = { initial_state = "a", states = { state("a", "b"), state "b", state "c" } }
    local after = { initial_state = "a", states = { state("a", "new"), state "c", state("new", "c") } }
    after.states[4] = { name = "d", type = "send-message", properties = { body = "b" }, transitions = { { event = "sent" } } }
    local changes = flow.diff(before, after)
    local dot = flow.graph(after, { changes = changes })
    local function id_of(name) return dot:match('(n%d+) %[label="' .. name) end
    assert.is_truthy(dot:find('label="d (was b)', 1, true), dot)
    local gone = dot:match(id_of "a" .. " %-> (n%d+) %[label=\"sent\", style=dashed")
    assert.are.equal(id_of "d", gone, dot)
    assert.is_truthy(dot:find(id_of "new" .. ' %-> n%d+ %[label="sent", color="#1a7f37"'), dot)
    assert.is_nil(dot:find("missing", 1, true))
  end)

  it("says when a picture is larger than renderers of Mermaid take", function()
    local states = {}
    for number = 1, 502 do
      states[number] = { name = "w" .. number, type = "set-variables", properties = {}, transitions = { { event = "next", next = "w1" } } }
    end
    assert.are.equal("%% 502 edges", flow.graph({ states = states }, { format = "mermaid" }):sub(1, 12))
  end)

  it("draws what it can of what is no flow", function()
    for _, definition in ipairs { {}, { states = 5 }, { states = { 1, {}, { name = 5 } } }, "[]", '{"states":null}' } do
      for _, format in ipairs { "dot", "mermaid" } do
        assert.is_string(flow.graph(definition, { format = format, steps = { 1, {}, { name = 5 } }, changes = { 1, {}, { op = "add" } } }))
      end
    end
  end)

  it("gives an error for another format and for a text that is no JSON, and raises for unknown options", function()
    local text, err = flow.graph({}, { format = "svg" })
    assert.is_nil(text)
    assert.are.equal("argument", err.kind)
    assert.are.equal("format 'svg' is neither 'dot' nor 'mermaid'", tostring(err))
    text, err = flow.graph "{"
    assert.is_nil(text)
    assert.is_truthy(tostring(err):find "the definition is not JSON")
    local ok, message = pcall(flow.graph, {}, { stpes = {} })
    assert.is_false(ok)
    assert.is_truthy(message:find("did you mean 'steps'?", 1, true))
  end)
end)
