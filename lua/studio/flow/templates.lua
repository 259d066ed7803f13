--- What a text with Liquid in it reads, and what is wrong with its syntax. Nothing is rendered.
--
-- The service's Liquid takes white space and line ends within a path (`widgets. \nask.inbound.Body`), and hyphens in names.

local function set(text)
  local words = {}
  for word in text:gmatch "%S+" do words[word] = true end
  return words
end

local FILTERS = set [[
  abs append at_least at_most capitalize ceil compact concat date default divided_by downcase escape escape_once first floor h join json
  last lstrip map minus modulo newline_to_br normalize_whitespace plus pop prepend push remove remove_first replace replace_first reverse
  round rstrip shift size slice sort sort_natural split strip strip_html strip_newlines times to_json truncate truncatewords uniq unshift
  upcase url_decode url_encode where where_exp
]]

-- What ends a block, by what begins it; a tag that is no block has false.
local TAGS = {
  ["if"] = "endif", unless = "endunless", case = "endcase", ["for"] = "endfor", tablerow = "endtablerow", capture = "endcapture",
  comment = "endcomment", raw = "endraw", ifchanged = "endifchanged",
  assign = false, cycle = false, increment = false, decrement = false, include = false,
}

-- Tags within a block, and the blocks they may be in.
local WITHIN = {
  elsif = { ["if"] = true, unless = true }, ["else"] = { ["if"] = true, unless = true, case = true, ["for"] = true },
  when = { case = true }, ["break"] = { ["for"] = true, tablerow = true }, ["continue"] = { ["for"] = true, tablerow = true },
}

local ENDS = {}
for tag, ending in pairs(TAGS) do
  if ending then ENDS[ending] = tag end
end

local ROOTS = { widgets = true, trigger = true, flow = true, contact = true }

-- What a message quotes of a text: one line, and not all of a long one.
local function quoted(text)
  text = text:gsub("%s+", " ")
  return #text > 60 and text:sub(1, 57) .. "..." or text
end

local function problem(result, rule, message, first, second)
  local problems = result.problems or {}
  problems[#problems + 1] = { rule = rule, message = message:format(first and quoted(first), second and quoted(second)) }
  result.problems = problems
end

-- Reads `.name`, `["name"]` and `[0]` after a root; gives where that ends, which is where the path does or something computed begins.
local function read_path(result, markup, root, at)
  local path = { root }
  while true do
    local byte, _, last, name = markup:byte(at), nil, nil, nil
    if byte and byte <= 32 then
      at = markup:find("%S", at) or #markup + 1
      byte = markup:byte(at)
    end
    if byte == 46 then
      _, last, name = markup:find("^%.%s*([%w_-]+)", at)
    elseif byte == 91 then
      _, last, name = markup:find("^%[%s*[\"']([^\"']*)[\"']%s*%]", at)
      if not last then _, last, name = markup:find("^%[%s*(%d+)%s*%]", at) end
    end
    if not last then break end
    path[#path + 1] = name
    at = last + 1
  end
  local references = result.references or {}
  references[#references + 1] = path
  result.references = references
  return at
end

-- Reads what stands between the braces: names, quoted texts, filters.
local function read_markup(result, markup, at)
  local after_bar = false
  while true do
    at = markup:find("%S", at)
    if not at then return end
    local byte = markup:byte(at)
    if byte == 34 or byte == 39 then
      local closing = markup:find(byte == 34 and '"' or "'", at + 1, true)
      if not closing then return problem(result, "liquid-syntax", "a quotation mark is not closed in '%s'", markup) end
      at = closing + 1
    elseif byte == 124 then
      after_bar = true
      at = at + 1
    else
      local _, last, name = markup:find("^([%a_][%w_-]*)", at)
      if last then
        at = last + 1
        if after_bar then
          if not FILTERS[name] then problem(result, "liquid-filter", "there is no filter '%s'", name) end
        elseif ROOTS[name] then
          at = read_path(result, markup, name, at)
        else
          -- A path of the template's own: its parts are no roots.
          _, last = markup:find("^[%.%w_-]*", at)
          at = last + 1
        end
        if markup:find("^[\128-\255]", at) then
          return problem(result, "liquid-name", "a name that is not ASCII, in '%s', is refused", markup)
        end
      elseif byte >= 128 then
        return problem(result, "liquid-name", "a name that is not ASCII, in '%s', is refused", markup)
      elseif byte == 43 then
        problem(result, "liquid-operator", "'+' is no operator in '%s': use the filters plus or append", markup)
        at = at + 1
      elseif byte == 123 or byte == 125 then
        return problem(result, "liquid-syntax", "'%s' where a name or a filter is due, in '%s'", string.char(byte), markup)
      else
        _, last = markup:find("^%d+", at)
        at = (last or at) + 1
      end
      after_bar = false
    end
  end
end

local function close_block(result, blocks, ending)
  local tag = ENDS[ending]
  if blocks[#blocks] == tag then
    blocks[#blocks] = nil
  else
    problem(result, "liquid-syntax", "'%s' ends what '%s' did not begin", ending, tag)
    -- An outer block that it does end.
    for depth = #blocks, 1, -1 do
      if blocks[depth] == tag then
        for inner = #blocks, depth, -1 do blocks[inner] = nil end
        break
      end
    end
  end
end

local function is_within(blocks, tag)
  for depth = #blocks, 1, -1 do
    if WITHIN[tag][blocks[depth]] then return true end
  end
  return false
end

-- Reads a tag; gives where the text goes on, which is behind its end where the text within is not Liquid.
local function read_tag(result, blocks, markup, text, after)
  local _, last, tag = markup:find "^%s*([%w_]+)"
  if not tag then
    problem(result, "liquid-syntax", "a tag without a name: '{%%%s%%}'", markup)
  elseif ENDS[tag] then
    close_block(result, blocks, tag)
  elseif WITHIN[tag] then
    if not is_within(blocks, tag) then problem(result, "liquid-syntax", "'%s' stands outside of what it belongs to", tag) end
    if tag == "elsif" or tag == "when" then read_markup(result, markup, last + 1) end
  elseif TAGS[tag] == nil then
    problem(result, "liquid-tag", "there is no tag '%s'", tag)
  elseif tag == "comment" or tag == "raw" then
    local _, behind = text:find("{%%%-?%s*end" .. tag .. "%s*%-?%%}", after)
    if not behind then problem(result, "liquid-syntax", "'%s' is not ended by 'end%s'", tag, tag) end
    return (behind or #text) + 1
  else
    if TAGS[tag] then blocks[#blocks + 1] = tag end
    read_markup(result, markup, last + 1)
  end
  return after
end

local function trim_dashes(markup)
  return (markup:gsub("^%-", ""):gsub("%-$", ""))
end

local function scan(text)
  local result, blocks, at = {}, {}, 1
  while true do
    local first, _, kind = text:find("{([{%%])", at)
    if not first then break end
    local closing = text:find(kind == "{" and "}}" or "%}", first + 2, true)
    if not closing then
      problem(result, "liquid-syntax", "'%s' is not closed", kind == "{" and "{{" or "{%")
      break
    end
    local markup = trim_dashes(text:sub(first + 2, closing - 1))
    at = closing + 2
    if kind == "{" then read_markup(result, markup, 1) else at = read_tag(result, blocks, markup, text, at) end
  end
  for _, tag in ipairs(blocks) do
    problem(result, "liquid-syntax", "'%s' is not ended by '%s'", tag, TAGS[tag])
  end
  return result
end

local NOTHING = {}

--- Makes a scanner that remembers the texts it has seen.
-- @treturn function(text) → a table: `references`, an array of paths `{ "widgets", "ask", "inbound" }`, and `problems`,
-- an array of `{ rule, message }`; either is nil when there are none
local function scanner()
  local seen = {}
  return function(text)
    local result = seen[text]
    if not result then
      result = text:find("{[{%%]") and scan(text) or NOTHING
      seen[text] = result
    end
    return result
  end
end

return { scanner = scanner, filters = FILTERS }
