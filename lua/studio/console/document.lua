--- Puts a page into one file that needs nothing else: no server, no network.
-- @module studio.console.document

local files = require "studio.console.files"
local hashes = require "studio.console.hashes"

local document = {}

local escapes = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;", ["'"] = "&#39;" }

--- A text as it stands in HTML, between tags or in an attribute.
-- @tparam string text
-- @treturn string
function document.escape(text)
  return (text:gsub("[&<>\"']", escapes))
end

-- Only what is in the file runs, and nothing is loaded: a browser refuses any other script, style, image or request.
local function policy(scripts, styles)
  local function sources(names)
    local list = {}
    for position, name in ipairs(names) do list[position] = ("'sha256-%s'"):format(hashes[name]) end
    return list[1] and table.concat(list, " ") or "'none'"
  end
  return ("default-src 'none'; script-src %s; style-src %s; base-uri 'none'; form-action 'none'"):format(sources(scripts), sources(styles))
end

--- Writes the file.
-- @tparam table parts `title`, a text; `styles` and `scripts`, names of files; `body`, HTML; `data`, JSON that the scripts find in the
-- element `data`
-- @treturn ?string HTML
-- @treturn string which file cannot be read
function document.write(parts)
  local scripts = parts.scripts or {}
  local out = {
    "<!doctype html>", '<html lang="en">', "<head>", '<meta charset="utf-8">',
    ('<meta http-equiv="Content-Security-Policy" content="%s">'):format(policy(scripts, parts.styles)),
    '<meta name="viewport" content="width=device-width, initial-scale=1">', '<meta name="referrer" content="no-referrer">',
    ("<title>%s</title>"):format(document.escape(parts.title)),
  }
  for _, name in ipairs(parts.styles) do
    local text, message = files.read(name)
    if not text then return nil, message end
    out[#out + 1] = ("<style>%s</style>"):format(text)
  end
  out[#out + 1] = "</head>\n<body>"
  out[#out + 1] = parts.body or ""
  if parts.data then
    -- A text within JSON ends no element.
    out[#out + 1] = ('<script id="data" type="application/json">%s</script>'):format((parts.data:gsub("<", "\\u003c")))
  end
  for _, name in ipairs(scripts) do
    local text, message = files.read(name)
    if not text then return nil, message end
    out[#out + 1] = ("<script>%s</script>"):format(text)
  end
  out[#out + 1] = "</body>\n</html>\n"
  return table.concat(out, "\n")
end

return document
