--- Shows a definition in one HTML file.
local arguments = require "studio.flow.arguments"
local codec = require "studio.flow.codec"
local document = require "studio.console.document"
local failure = require "studio.flow.run.failure"
local model_of = require "studio.flow.model"
local picture = require "studio.flow.page.picture"
local steps = require "studio.flow.page.steps"

local STYLES = { "style.css" }
local SCRIPTS = { "base.js", "layout.js", "canvas.js", "panels.js", "page.js" }
local BODY = '<div id="page"></div>\n<noscript>This page draws its flow with the script that is in it.</noscript>'

local function fail(text, ...)
  return nil, failure.new("argument", text:format(...))
end

local function page(definition, options)
  definition = arguments.definition(definition, "the definition", 2)
  options = arguments.options(options, { steps = "table", changes = "table", title = "string" }, 2)
  if type(definition) == "string" then
    local decoded, message = codec.decode(definition)
    if decoded == nil then return fail("the definition is not JSON: %s", message) end
    if not model_of.is_object(decoded) then return fail("the definition is no JSON object") end
    definition = decoded
  end
  local shown = picture.of(definition, options.changes)
  local title = options.title or shown.description or ""
  if title == "" then title = "A flow" end
  local data, message = codec.encode { title = title, picture = shown, steps = options.steps and steps.write(options.steps) or nil }
  if not data then return fail("the definition cannot be written as JSON: %s", message) end
  local html
  html, message = document.write { title = title, styles = STYLES, scripts = SCRIPTS, body = BODY, data = data }
  if not html then return fail("%s", message) end
  return html
end

return page
