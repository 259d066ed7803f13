--- Redaction: secrets that an answer or a URL echoes do not get into an error or an event, and account SIDs and keys are shortened.
local ascii = require "studio.base.ascii"

local redaction = {}

-- An error carries this much of a body that it cannot tell otherwise.
local BODY_SHOWN = 4096

-- A byte is written as so many at most: `\u002F`, `&#x002F;`.
local LONGEST_ESCAPE = 8

-- Bytes. So much of a text is read for other spellings, which takes a table entry a byte: a server may send megabytes as its message.
local MOST_READ = 64 * 1024

-- Characters. A shorter secret is replaced only where it stands as a word: elsewhere that would blot out parts of words.
local SHORTEST_PART = 6

--- The first and last four characters of an account SID or key, to tell accounts apart in a log.
-- @tparam string sid
-- @treturn string
function redaction.shortened(sid)
  if #sid <= 10 then return sid:sub(1, 2) .. "..." end
  return sid:sub(1, 4) .. "..." .. sid:sub(-4)
end

local function is_word(byte) return byte:find("^[A-Za-z0-9]") ~= nil end

local function find_secret(text, secret, from)
  local first, last = text:find(secret, from, true)
  if #secret >= SHORTEST_PART then return first, last end
  while first and (is_word(text:sub(first - 1, first - 1)) or is_word(text:sub(last + 1, last + 1))) do
    first, last = text:find(secret, first + 1, true)
  end
  return first, last
end

local entities = { amp = "&", lt = "<", gt = ">", quot = '"', apos = "'", sol = "/", plus = "+", equals = "=" }

local function of_number(base)
  return function(digits)
    local code = tonumber(digits, base)
    return code < 128 and string.char(code) or nil
  end
end

local function of_byte(hex) return string.char(tonumber(hex, 16)) end

-- How else a byte may be written: in a URL or form, in JSON, in HTML. Each is a pattern, and the byte of what it captures.
local escapes = {
  ["%"] = { { "^%%(%x%x)()", of_byte } },
  ["\\"] = { { "^\\u(%x%x%x%x)()", of_number(16) }, { "^\\([^%w])()", function(byte) return byte end } },
  ["&"] = {
    { "^&#[xX](%x%x?%x?%x?);()", of_number(16) }, { "^&#(%d%d?%d?%d?);()", of_number(10) },
    { "^&(%a+);()", function(name) return entities[name] end },
  },
}

-- The byte that is written at a place in another way, and where the text goes on; or nil.
local function read_escape(text, at)
  for _, escape in ipairs(escapes[text:sub(at, at)]) do
    local capture, behind = text:match(escape[1], at)
    local byte = capture and escape[2](capture)
    if byte then return byte, behind end
  end
end

-- The text with each byte that is written in another way as itself, and where each of its bytes was; nil where there is none.
local function plain_of(text)
  if #text > MOST_READ then text = text:sub(1, MOST_READ) end
  local at = text:find "[%%\\&]"
  if not at then return nil end
  local bytes, places = {}, {}
  at = 1
  while at <= #text do
    local byte, behind = text:sub(at, at), at + 1
    if escapes[byte] then
      local read, after = read_escape(text, at)
      if read then byte, behind = read, after end
    end
    bytes[#bytes + 1], places[#places + 1] = byte, at
    at = behind
  end
  places[#places + 1] = at
  return table.concat(bytes), places
end

-- The texts that show a secret: itself, as it stands in a form, and of Base64 what comes without padding and in the alphabet of URLs.
local function forms_of(secret)
  local forms = { secret }
  if secret:find(" ", 1, true) then forms[#forms + 1] = secret:gsub(" ", "+") end
  local stem = secret:gsub("=+$", "")
  if #stem >= SHORTEST_PART then
    local of_urls = stem:gsub("[+/]", { ["+"] = "-", ["/"] = "_" })
    if stem ~= secret then forms[#forms + 1] = stem end
    if of_urls ~= stem then forms[#forms + 1] = of_urls end
  end
  return forms
end

local function add_spots(spots, text, wanted, places)
  local from, to = find_secret(text, wanted, 1)
  while from do
    spots[#spots + 1] = { from = places and places[from] or from, to = places and places[to + 1] - 1 or to }
    from, to = find_secret(text, wanted, to + 1)
  end
end

local function comes_first(one, other)
  if one.from ~= other.from then return one.from < other.from end
  return one.to > other.to
end

-- Where a text shows a secret, in capitals or small letters (a host, for one, is written in lower case), from left to right. Spots may
-- overlap.
local function spots_of(text, secret)
  local spots, searched = {}, ascii.lower(text)
  local plain, places = plain_of(text)
  for _, form in ipairs(forms_of(ascii.lower(secret))) do
    add_spots(spots, searched, form)
    if plain then add_spots(spots, ascii.lower(plain), form, places) end
  end
  table.sort(spots, comes_first)
  return spots
end

local function replace(text, secret, instead)
  local parts, last = {}, 0
  for _, spot in ipairs(spots_of(text, secret)) do
    if spot.from > last then
      parts[#parts + 1] = text:sub(last + 1, spot.from - 1)
      parts[#parts + 1] = instead
    end
    if spot.to > last then last = spot.to end
  end
  if last == 0 then return text end
  parts[#parts + 1] = text:sub(last + 1)
  return table.concat(parts)
end

--- Makes the functions that say what may be shown of something.
-- @tparam table credentials `secrets()` → texts that must never be shown; `names`, SIDs and keys that are shown shortened
-- @treturn table `value(any)`, for a text or a table with texts in it; `body(response)`, the start of a body; `url(text)`
function redaction.new(credentials)
  local shown = {}

  function shown.value(value)
    if type(value) == "string" then
      for _, secret in ipairs(credentials.secrets()) do value = replace(value, secret, "[redacted]") end
      for _, name in ipairs(credentials.names) do value = replace(value, name, redaction.shortened(name)) end
      return value
    elseif type(value) == "table" then
      local copy = setmetatable({}, getmetatable(value))
      for key, entry in pairs(value) do copy[shown.value(key)] = shown.value(entry) end
      return copy
    end
    return value
  end

  -- Where the excerpt would end inside a secret, it ends before the secret: half of it is too much.
  function shown.body(response)
    local most = BODY_SHOWN
    for _, secret in ipairs(credentials.secrets()) do
      for _, spot in ipairs(spots_of(response:body(BODY_SHOWN + LONGEST_ESCAPE * #secret), secret)) do
        if spot.from <= most and spot.to > most then most = spot.from - 1 end
      end
    end
    return shown.value(response:body(most))
  end

  -- A path or URL may come from a page that the service gave.
  function shown.url(url)
    local safe = shown.value(url)
    return safe == url and url or (safe:gsub("[%z\1-\31\127]", "?"))
  end

  return shown
end

--- What may be shown by a client's caller: made when something is shown first, and kept.
-- @tparam table caller see `studio.request.call`
-- @treturn table see `new`
function redaction.of(caller)
  if not caller.shown then caller.shown = redaction.new(caller.credentials) end
  return caller.shown
end

return redaction
