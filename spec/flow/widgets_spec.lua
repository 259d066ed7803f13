-- The declarations of the widgets hold together: what reads them may rely on every field.
local widgets = require "studio.flow.widgets"

local GROUPS = { trigger = 1, split = 1, data = 1, voice = 1, message = 1, code = 1, product = 1, subflow = 1 }
local HAPPENS = {
  start = 1, at_once = 1, condition = 1, send = 1, reply = 1, input = 1, request = 1, redirect = 1, subflow = 1, outcome = 1,
}
local TYPES = { string = 1, integer = 1, boolean = 1, array = 1, object = 1 }
local NEEDED = { error = 1, warning = 1, note = 1 }
local PROPERTY_FIELDS = {
  name = 1, type = 1, needed = 1, words = 1, number = 1, min = 1, max = 1, default = 1, pattern = 1, means = 1, sid = 1, also = 1,
  liquid = 1, json = 1, longest = 1, items = 1, least = 1, each = 1,
}

local function check_properties(rows, where)
  local seen = {}
  for _, property in ipairs(rows) do
    local place = where .. "." .. tostring(property.name)
    assert.is_truthy(property.name:find "^%a[%w_]*$", place)
    assert.is_nil(seen[property.name], place)
    seen[property.name] = true
    assert.is_truthy(TYPES[property.type], place)
    assert.is_truthy(property.needed == nil or NEEDED[property.needed], place)
    for field in pairs(property) do assert.is_truthy(PROPERTY_FIELDS[field], place .. ": " .. field) end
    assert.are.equal(property.pattern == nil, property.means == nil, place)
    if property.items then
      assert.are.equal("array", property.type, place)
      check_properties(property.items, place)
    end
    if property.min and property.max then assert.is_true(property.min < property.max, place) end
    for _, letters in ipairs(type(property.sid) == "table" and property.sid or { property.sid }) do
      assert.is_truthy(letters:find "^%u%u$", place)
    end
  end
  return seen
end

describe("the declarations of widgets", function()
  it("have every field in its form", function()
    for _, widget in ipairs(widgets.list) do
      local name = widget.type
      assert.are.equal(widget, widgets.types[name])
      assert.is_truthy(GROUPS[widget.group], name)
      assert.is_truthy(HAPPENS[widget.happens], name)
      local known = check_properties(widget.properties, name)
      for _, list in ipairs { widget.one_of or {}, widget.any_of or {} } do
        for _, property in ipairs(list) do assert.is_true(known[property], name .. "." .. property) end
      end
      for caption, property in pairs(widget.captions or {}) do
        assert.is_true(known[property], name .. ": " .. property)
        assert.is_nil(known[caption], name .. ": " .. caption)
      end
      for _, event in ipairs { widget.event, widget.failure } do assert.is_true(widget.has_event[event], name .. ": " .. event) end
      for event in pairs(widget.leaves) do assert.is_true(event == "*" or widget.has_event[event], name .. ": " .. event) end
    end
  end)

  it("have somebody to run them", function()
    local handlers = require "studio.flow.run.handlers"
    for name, widget in pairs(widgets.types) do
      assert.is_function(handlers[name] or handlers[widget.happens], name .. ": a row in flow/run/handlers.lua")
    end
    local state = { widget = { event = "next" } }
    assert.are.same({ "next" }, { handlers.at_once(nil, state) })
    assert.are.same({ "lost", { n = 1 } }, { handlers.at_once(nil, state, { event = "lost", data = { n = 1 } }) })
  end)

  it("know the events that are easily mistaken", function()
    local types = widgets.types
    assert.are.same({ "success", "fail" }, types["run-function"].events)
    assert.are.same({ "success", "failed" }, types["make-http-request"].events)
    assert.are.same({ "return", "timeout", "fail" }, types["add-twiml-redirect"].events)
    assert.are.same({ "incomingMessage", "timeout", "deliveryFailure" }, types["send-and-wait-for-reply"].events)
    assert.is_true(types["send-and-wait-for-reply"].has_event.incomingConversationMessage)
    assert.is_nil(types["run-function-v2"].events)
    assert.is_nil(types["send-and-wait-for-reply"].property.to)
  end)
end)
