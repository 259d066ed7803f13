--- Draws what is on a terminal as SVG: text in its cells, with the colours that the program chose.
local width = require "studio.cli.width"

-- Pixels: a cell, the size of its letters, and the room around the text.
local CELL, LINE, SIZE, ROOM = 8, 18, 13.3, 14
local FONTS = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', 'Liberation Mono', monospace"
local GROUND, INK = "#1b1f27", "#dfe3ea"
-- By the parameters of SGR.
local attributes = {
  ["1"] = ' font-weight="bold"', ["31"] = ' fill="#ff7b72"', ["32"] = ' fill="#56d364"', ["33"] = ' fill="#e3b341"',
}

local escapes = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;" }

local function escape(text) return (text:gsub('[&<>"]', escapes)) end

-- Cuts a line of pieces `{ text, style }` into lines of so many columns, as a terminal does.
local function wrapped(pieces, columns)
  local lines, at = { {} }, 0
  for _, piece in ipairs(pieces) do
    local part = ""
    local function keep()
      if part ~= "" then table.insert(lines[#lines], { part, piece[2] }) end
      part = ""
    end
    for letter in piece[1]:gmatch "[%z\1-\127\194-\244][\128-\191]*" do
      local wide = width.of(letter)
      if at + wide > columns then
        keep()
        lines[#lines + 1], at = {}, 0
      end
      part, at = part .. letter, at + wide
    end
    keep()
  end
  return lines
end

-- Splits a line at its colours; `style` is that of the line before. Gives the pieces, and the style at the end.
local function pieces_of(line, style)
  local pieces, from = {}, 1
  while true do
    local first, last, code = line:find("\27%[(%d*)m", from)
    local text = line:sub(from, (first or 0) - 1)
    if text ~= "" then pieces[#pieces + 1] = { text, style } end
    if not first then return pieces, style end
    style, from = attributes[code] or "", last + 1
  end
end

-- Splits text where there is more than one blank, for SVG keeps one: visit(words, the text before them).
local function each_run(text, visit)
  local from, behind
  for at, past in text:gmatch "()%S+()" do
    if from and at > behind + 1 then
      visit(text:sub(from, behind - 1), text:sub(1, from - 1))
      from = nil
    end
    from, behind = from or at, past
  end
  if from then visit(text:sub(from, behind - 1), text:sub(1, from - 1)) end
end

-- Text whose letters keep to the cells, whatever font is there.
local function draw(pieces, row)
  local parts, column = {}, 0
  for _, piece in ipairs(pieces) do
    each_run(piece[1], function(words, before)
      parts[#parts + 1] = ('<text x="%d" y="%d" textLength="%d"%s>%s</text>\n'):format(
        ROOM + (column + width.of(before)) * CELL, ROOM + row * LINE - 5, width.of(words) * CELL, piece[2], escape(words))
    end)
    column = column + width.of(piece[1])
  end
  return table.concat(parts)
end

--- Draws text.
-- @tparam string title what it shows, for those who do not see it
-- @tparam string text lines as a program writes them to a terminal
-- @tparam integer columns of the terminal
-- @treturn string
return function(title, text, columns)
  local parts, row, style = {}, 0, ""
  for line in text:gsub("\n*$", "\n"):gmatch "(.-)\n" do
    local pieces
    pieces, style = pieces_of(line, style)
    for _, each in ipairs(wrapped(pieces, columns)) do
      row = row + 1
      parts[#parts + 1] = draw(each, row)
    end
  end
  local right, bottom = 2 * ROOM + columns * CELL, 2 * ROOM + row * LINE
  return ([[
<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" role="img" aria-labelledby="title text">
<title id="title">%s</title>
<desc id="text">%s</desc>
<rect width="100%%" height="100%%" rx="6" fill="%s"/>
<g font-family="%s" font-size="%g" fill="%s">
%s</g>
</svg>
]]):format(right, bottom, right, bottom, escape(title), escape((text:gsub("\27%[%d*m", ""):gsub("\n*$", ""))), GROUND, FONTS, SIZE, INK,
    table.concat(parts))
end
