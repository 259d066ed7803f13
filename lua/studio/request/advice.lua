--- What messages of failed calls, and of missing credentials, say beyond the service's words and libcurl's: with which credentials and
-- where a request was sent, where those were found, and what there is to look at.
local ascii = require "studio.base.ascii"
local origins = require "studio.request.origins"
local redaction = require "studio.request.redaction"
local why_unset = require("studio.waiting.ways").why_unset

local advice = {}

-- Failures that the proxy caused where there is one, provided that no request has left; and those that may have to do with where the
-- services were said to be.
local on_the_way = { connect = true, resolve = true, proxy = true, broken = true, timeout = true, tls = true }
local at_the_place = { connect = true, resolve = true, tls = true }

local function is_set(variable) return (os.getenv(variable) or "") ~= "" end

local function doubt_of_token(token, place)
  if #token == 32 and token:find("^[0-9a-f]+$") then
    if place:find("^option") or not is_set "TWILIO_API_KEY" then return nil end
    return "TWILIO_API_KEY is set, too, but TWILIO_API_SECRET is not"
  end
  return place .. " is not 32 small hex digits, as auth tokens are"
end

local function doubt_of_key(key, secret, key_place, secret_place)
  if key:sub(1, 2) == "AC" then
    return key_place .. " is an account SID, not an API key: with its auth token it belongs into 'account_sid' and 'auth_token'"
  end
  if key:sub(1, 2) ~= "SK" then return key_place .. " does not begin with SK, as API keys do" end
  if #secret == 32 and secret:find("^[0-9a-f]+$") then
    return secret_place .. " looks like an auth token: an API key has a secret of its own"
  end
end

--- Which credentials, and where they were found: the first half is told of where it came from elsewhere than the second.
-- @tparam string kind `"auth token"` or `"API key"`
-- @tparam {string,...} names the account's, and that of the first half
-- @tparam string user_place where the first half was found
-- @tparam string password_place
-- @treturn string
function advice.of_credentials(kind, names, user_place, password_place)
  local words = ("%s from %s"):format(kind, password_place)
  if names[2] and names[1] ~= names[2] then words = ("%s, %s"):format(words, redaction.shortened(names[2])) end
  if user_place:find("^option") and password_place:find("^option") or not (user_place .. password_place):find("option", 1, true) then
    return words
  end
  return ("%s, the %s from %s"):format(words, kind == "API key" and "key's SID" or "account SID", user_place)
end

--- What to do where no credentials were found.
-- @tparam string|nil present the variable of one half, where only that is set
-- @tparam string|nil missing that of the other
-- @treturn string
function advice.of_none(present, missing)
  if present then
    return ("the environment has %s, but %s is not set or is empty%s"):format(present, missing, why_unset(missing))
  end
  return "give account_sid and auth_token, api_key and api_secret, or oauth, "
    .. "or set TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN in the environment" .. why_unset "TWILIO_ACCOUNT_SID"
end

--- What about credentials may be the reason why they were refused.
-- @tparam string kind `"auth token"` or `"API key"`
-- @tparam string user the first half
-- @tparam string password the second
-- @tparam string user_place where the first half was found
-- @tparam string password_place
-- @treturn string|nil words that show nothing of either
function advice.doubt(kind, user, password, user_place, password_place)
  for place, text in pairs { [user_place] = user, [password_place] = password } do
    if text:find("[\128-\255]") then return place .. " holds characters beyond ASCII" end
  end
  if kind == "API key" then return doubt_of_key(user, password, user_place, password_place) end
  return doubt_of_token(password, password_place)
end

--- Words behind the message of a 401.
-- @tparam table identity see `studio.request.credentials`
-- @tparam table origin that was asked
-- @treturn string
function advice.of_refusal(identity, origin)
  -- A stand-in for the service has credentials of any form.
  local doubt = origin.region and (identity.doubt() or "each account, and each region, has tokens and keys of its own")
  return (" (sent with the %s, for %s, to %s%s)"):format(identity.words(), redaction.shortened(identity.names[1]), origins.words(origin),
    doubt and "; " .. doubt or "")
end

--- Words behind the message of an answer that no service of Twilio's gives: where the request went, and who said so. Over http it may be
-- that of a proxy.
-- @tparam table origin that was asked
-- @treturn string empty where nobody said so
function advice.of_place(origin)
  if origin.proxy and origin.parts.scheme == "http" then return (" (through %s)"):format(origin.proxy) end
  return origin.source and (" (this is %s, from %s)"):format(origin.text, origin.source) or ""
end

local function of_certificate(message, origin, ca_file)
  if message:find("subject name", 1, true) or message:find("host name", 1, true) or message:find("hostname", 1, true) then
    return (" (the certificate is for another host than %s)"):format(origin.parts.host)
  end
  if message:find("expired", 1, true) or message:find("not yet valid", 1, true) then
    return " (or the clock of this machine is wrong)"
  end
  if ca_file then return (" (trusted are the certificates in %s)"):format(ca_file) end
  return " (option 'ca_file', or STUDIO_CA_FILE in the environment, names the certificates that are trusted)"
end

-- What OpenSSL, its kin and GnuTLS say of a server that speaks no TLS.
local no_tls = { "wrong version number", "unexpected tls packet", "unknown protocol", "wrong_version_number" }

local function speaks_no_tls(message)
  message = ascii.lower(message)
  for _, words in ipairs(no_tls) do
    if message:find(words, 1, true) then return true end
  end
end

local function of_tls(failure, origin)
  local other
  if failure.name == "tls" and origin.parts.scheme == "https" and speaks_no_tls(failure.message) then
    other = "http"
  elseif origin.parts.scheme == "http" and failure.message:find("HTTP/0.9", 1, true) then
    other = "https"
  end
  if not other then return "" end
  return (": does it speak %s there, %s://...?"):format(other, other)
end

--- Words behind the message of a connection that failed.
-- @tparam table failure of a transport, see `studio.transport.curl`
-- @tparam table origin that was asked
-- @tparam string|false ca_file words for the file of certificates that the client trusts
-- @treturn string may be empty
function advice.of_failure(failure, origin, ca_file)
  if origin.proxy and failure.sent == false and on_the_way[failure.name] then
    local form = (failure.name == "timeout" or failure.name == "tls") and "%s (through %s)" or "%s (this is %s)"
    return form:format(failure.name == "tls" and of_tls(failure, origin) or "", origin.proxy)
  end
  if failure.name == "certificate" then return of_certificate(failure.message, origin, ca_file) end
  return of_tls(failure, origin) .. (at_the_place[failure.name] and advice.of_place(origin) or "")
end

return advice
