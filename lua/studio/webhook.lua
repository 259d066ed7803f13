--- Whether a request to the program's own web server came from Twilio: the `X-Twilio-Signature` header.
--
-- Twilio signs the URL that it asks for, as it was configured, and the fields of a form; of a body that is not a form the URL
-- carries the SHA-256. The hashes and the comparison, which takes the same time wherever two signatures differ, are
-- libcrypto's.
-- @module studio.webhook
local loads, crypto = pcall(require, "studio.crypto")
if not loads then require("studio.base.built_for").refuse("studio.crypto", crypto) end -- late:

local arrays = require "studio.base.arrays"
local ascii = require "studio.base.ascii"
local errors = require "studio.base.errors"
local names = require "studio.base.names"

local misuse = errors.misuse

local webhook = {}

-- The value of a field as text: `true` is what nginx's parser gives for a field without `=`.
local function text_of(value, name, caller)
  if value == true then return "" end
  if type(value) ~= "string" then misuse("%s: the field '%s' must be a string or an array of them, got %s", caller, name, type(value)) end
  return value
end

-- Values of a name that is repeated count once each, in order.
local function add_values(parts, name, values, caller)
  local stray = arrays.stray_key(values)
  if stray ~= nil then
    misuse("%s: the field '%s' must be a string or an array of them, got a table with the key '%s'", caller, name, ascii.text(stray))
  end
  local sorted, seen, index, value = {}, {}, 1, rawget(values, 1)
  while value ~= nil do
    value = text_of(value, name, caller)
    if not seen[value] then
      seen[value] = true
      sorted[#sorted + 1] = value
    end
    index = index + 1
    value = rawget(values, index)
  end
  ascii.sort(sorted)
  for _, each in ipairs(sorted) do
    parts[#parts + 1] = name
    parts[#parts + 1] = each
  end
end

-- Names and values in the order of the names, by their bytes as Twilio has it, with nothing between. `caller` is for messages.
local function joined(params, caller)
  local parts = {}
  for name in next, params do
    if type(name) ~= "string" then misuse("%s: the names of the fields must be strings, got a %s", caller, type(name)) end
  end
  for _, name in ipairs(names.sorted(params)) do
    local value = rawget(params, name)
    add_values(parts, name, type(value) == "table" and value or { value }, caller)
  end
  return table.concat(parts)
end

-- The spellings of a URL that Twilio's services may have signed: with or without the port (the default one, too), a quote in the query as
-- it is or percent-encoded, an empty path or "/". All of them name the same request, so a signature of any of them counts.
local function spellings(url)
  local scheme, authority, rest = url:match("^([A-Za-z][A-Za-z0-9+.-]*://)([^/?#]*)(.*)$")
  if not scheme then return { url } end
  local host, port = authority:match("^(.*):(%d*)$")
  if not host or port == "" then host, port = authority, ascii.lower(scheme) == "https://" and "443" or "80" end
  local path, query = rest:match("^([^?]*)(.*)$")
  local paths = (path == "" or path == "/") and { "", "/" } or { path }
  local queries = { query }
  if query:find("'", 1, true) then queries[2] = query:gsub("'", "%%27") end
  if query:find("%27", 1, true) then queries[#queries + 1] = query:gsub("%%27", "'") end
  local list = {}
  for _, origin in ipairs { scheme .. host, scheme .. host .. ":" .. port } do
    for _, each_path in ipairs(paths) do
      for _, each_query in ipairs(queries) do list[#list + 1] = origin .. each_path .. each_query end
    end
  end
  return list
end

-- Every spelling is looked at, so that the time does not tell which one it was.
local function is_signed(auth_token, signature, url, suffix)
  local found = false
  for _, spelling in ipairs(spellings(url)) do
    if crypto.equal(crypto.signature(auth_token, spelling .. suffix), signature) then found = true end
  end
  return found
end

local function body_hash(url)
  local query = url:match("^[^?#]*%?([^#]*)")
  return query and ("&" .. query):match("&bodySHA256=([^&]*)")
end

-- Raises where an argument of `webhook.valid` or `.sign` is no such thing; gives the type of the body.
local function check_arguments(name, auth_token, url, body)
  if type(auth_token) ~= "string" or auth_token == "" then
    misuse("%s: the auth token must be a non-empty string, got %s", name, auth_token == "" and "an empty one" or type(auth_token))
  end
  if type(url) ~= "string" then misuse("%s: the URL must be a string, got %s", name, type(url)) end
  local kind = type(body)
  if body ~= nil and kind ~= "table" and kind ~= "string" then misuse("%s: the body must be a table or a string, got %s", name, kind) end
  return kind
end

--- Tells whether Twilio sent a request.
-- @tparam string auth_token the account's auth token; an API key's secret does not sign
-- @tparam string|nil signature the `X-Twilio-Signature` header; anything but a string is no signature
-- @tparam string url the whole URL as it is configured with Twilio, query included: `https://example.com/hook?a=b`. Behind a proxy
--   that is not what the server sees, so build it from a configured origin and not from headers that a client may write
-- @tparam[opt] table|string body the fields of a form, name → string or array of strings (see @{fields}); or the raw body of any other
--   content type, such as JSON; nothing, or an empty string, where there is none
-- @treturn boolean
-- @treturn string when it is false, why
function webhook.valid(auth_token, signature, url, body)
  errors.refuse_colon(auth_token, webhook, "webhook.valid")
  local kind = check_arguments("valid", auth_token, url, body)
  if type(signature) ~= "string" then return false, "there is no signature" end
  local hash = body_hash(url)
  -- A URL with the body's hash, taken for that of a form without fields, would vouch for any body.
  if hash and kind ~= "string" then return false, "the URL has a bodySHA256, so the raw body is needed" end
  if kind == "string" and not hash and body ~= "" then return false, "the URL has no bodySHA256 for the raw body" end
  local suffix = kind == "table" and joined(body, "valid") or ""
  local signed = is_signed(auth_token, signature, url, suffix)
  if hash and not crypto.equal(crypto.sha256(body), ascii.lower(hash)) then return false, "the body is not the one that was signed" end
  if signed then return true end
  return false, "the signature is not of this URL and these fields"
end

--- Signs a request as Twilio does, for tests of a handler.
-- @tparam string auth_token
-- @tparam string url the whole URL, query included
-- @tparam[opt] table|string body the fields of a form, or the raw body of any other content type
-- @treturn string the value of `X-Twilio-Signature`
-- @treturn string the URL that was signed: with a raw body its hash is put into the query, as `bodySHA256`, where it is not there yet
function webhook.sign(auth_token, url, body)
  errors.refuse_colon(auth_token, webhook, "webhook.sign")
  local kind = check_arguments("sign", auth_token, url, body)
  if kind == "string" and body ~= "" and not body_hash(url) then
    local address, fragment = url:match("^([^#]*)(.*)$")
    url = ("%s%sbodySHA256=%s%s"):format(address, address:find("?", 1, true) and "&" or "?", crypto.sha256(body), fragment)
  end
  return crypto.signature(auth_token, url .. (kind == "table" and joined(body, "sign") or "")), url
end

local function decoded(text)
  return (text:gsub("+", " "):gsub("%%(%x%x)", function(digits) return string.char(tonumber(digits, 16)) end))
end

--- Reads the fields of a form, none left out and none cut short.
-- @tparam string text a body of type `application/x-www-form-urlencoded`
-- @treturn table name → value, or an array of values where the name is repeated
function webhook.fields(text)
  errors.refuse_colon(text, webhook, "webhook.fields")
  if type(text) ~= "string" then misuse("fields: the body must be a string, got %s", type(text)) end
  local fields = {}
  for pair in text:gmatch("[^&]+") do
    local name, value = pair:match("^([^=]*)=?(.*)$")
    name, value = decoded(name), decoded(value)
    local present = fields[name]
    if present == nil then
      fields[name] = value
    elseif type(present) == "table" then
      present[#present + 1] = value
    else
      fields[name] = { present, value }
    end
  end
  return fields
end

return names.guard(webhook, "the module 'studio.webhook'", {
  call = "the module is not called: webhook.valid(…) tells whether a request is Twilio's",
})
