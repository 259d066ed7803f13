--- Redaction: secrets that an answer or a URL echoes do not get into an error or an event, and account SIDs and keys are shortened.
local ascii = require "studio.base.ascii"
local max = math.max

local redaction = {}

-- An error carries this much of a body that was not JSON.
local BODY_SHOWN = 4096

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

-- Replaces a secret in a text, in capitals or small letters: a host, for one, is written in lower case.
local function replace_plain(text, secret, instead)
  local searched, wanted = ascii.lower(text), ascii.lower(secret)
  local from, to = find_secret(searched, wanted, 1)
  if not from then return text end
  local parts, last = {}, 0
  while from do
    parts[#parts + 1] = text:sub(last + 1, from - 1)
    parts[#parts + 1] = instead
    last = to
    from, to = find_secret(searched, wanted, last + 1)
  end
  parts[#parts + 1] = text:sub(last + 1)
  return table.concat(parts)
end

local function byte_of(hex) return string.char(tonumber(hex, 16)) end

--- Makes the functions that say what may be shown of something.
-- @tparam table credentials `secrets()` → texts that must never be shown; `names`, SIDs and keys that are shown shortened
-- @treturn table `value(any)`, for a text or a table with texts in it; `body(response)`, the start of a body; `url(text)`
function redaction.new(credentials)
  local shown = {}

  function shown.value(value)
    if type(value) == "string" then
      for _, secret in ipairs(credentials.secrets()) do value = replace_plain(value, secret, "[redacted]") end
      for _, name in ipairs(credentials.names) do value = replace_plain(value, name, redaction.shortened(name)) end
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
    local text = response:body(BODY_SHOWN)
    for _, secret in ipairs(credentials.secrets()) do
      local from, to = ascii.lower(response:body(BODY_SHOWN + #secret)):find(ascii.lower(secret), max(1, BODY_SHOWN - #secret + 2), true)
      if from and from <= BODY_SHOWN and to > BODY_SHOWN then text = text:sub(1, from - 1) end
    end
    return shown.value(text)
  end

  -- A path or URL may come from a page that the service gave; percent-encoding hides no secret from its reader.
  function shown.url(url)
    local plain = url:gsub("%%(%x%x)", byte_of)
    local safe = shown.value(plain)
    return safe == plain and url or (safe:gsub("[%z\1-\31\127]", "?"))
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
