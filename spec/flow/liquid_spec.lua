local liquid = require "studio.flow.liquid"

local context = {
  name = "Ada", n = 5, list = { 1, 2, 3 }, half = 2.5,
  trigger = { message = { Body = " Yes " } },
  widgets = { ask = { inbound = { Body = "42" } }, get = { parsed = { items = { { id = "a" }, { id = "b" } } } } },
}

local function rendered(template)
  local text, problem = liquid.render(template, context, { now = 1767225600 })
  return text or error(tostring(problem), 2)
end

local function refused(template)
  local text, problem = liquid.render(template, context, { now = 1767225600 })
  assert.is_nil(text)
  assert.equal(81018, problem.code)
  return tostring(problem)
end

describe("a Liquid template", function()
  it("is given back as it is when there is nothing to render", function()
    assert.equal("Hello { there }", rendered "Hello { there }")
    assert.is_false(liquid.has "Hello")
    assert.is_true(liquid.has "{{ a }}")
  end)

  it("reads the context by names, texts and numbers", function()
    assert.equal("42 b b", rendered "{{ widgets.ask.inbound.Body }} {{ widgets.get.parsed.items[1].id }} {{ widgets['get'].parsed.items.last.id }}")
  end)

  it("takes white space within a path", function()
    assert.equal("42", rendered "{{ widgets. \n ask.inbound\n.Body }}")
  end)

  it("shows nothing for what is not there", function()
    assert.equal("<>", rendered "<{{ nobody.knows.this[3] }}>")
  end)
end)
