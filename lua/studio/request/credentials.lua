--- Who the client is: account SID and auth token, API key and secret, or OAuth client credentials.
-- Secrets live in the closures made here and nowhere else that a program could print by accident.
local core = require "studio.core"
local errors = require "studio.base.errors"
local why_unset = require("studio.waiting.ways").why_unset

local misuse = errors.misuse

local credentials = {}

local function environment(name)
  local value = os.getenv(name)
  return value ~= "" and value or nil
end

-- late: a client that has credentials needs no words about them.
local function advice() return require "studio.request.advice" end

-- A pair belongs together: both from the program, or both from the environment, or the second half from there.
local function pair(options, first, second, first_variable, second_variable)
  local one = options[first] or environment(first_variable)
  local two = options[second] or environment(second_variable)
  if one and two then return one, two end
  local needs = "option '%s' needs '%s' too (or %s in the environment)%s"
  if options[first] then misuse(needs, first, second, second_variable, why_unset(second_variable)) end
  if options[second] then misuse(needs, second, first, first_variable, why_unset(first_variable)) end
  return nil, nil, one and first_variable or two and second_variable, one and second_variable or first_variable
end

-- What is pasted brings blanks, line breaks and quotes with it. The message shows nothing of the text, which may be a secret.
local function check_half(text, place)
  if text:find("[%z\1-\31\127]") then misuse("%s must not hold control characters", place) end
  if text:find("^ ") or text:find(" $") then misuse("%s must not begin or end with a blank", place) end
  if text:find("^([\"']).*%1$") then misuse("%s must not be in quotes of its own", place) end
end

-- A SID in the place of a secret would be sent, and refused.
local function check_secret(text, place)
  check_half(text, place)
  local prefix = #text == 34 and text:match("^([A-Z][A-Z])%x+$")
  if prefix == "AC" then misuse("%s must be a secret, not an account SID", place) end
  if prefix == "SK" then misuse("%s must be a secret, not the SID of an API key", place) end
end

-- A text that does not begin with AC is most often a token or a key in the wrong place, so the message does not show it. The rest of an
-- account SID is the service's to judge: programs that talk to a stand-in for it make up short ones.
local function check_account_sid(value, where)
  check_half(value, where)
  if value:sub(1, 2) == "AC" then return end
  local hint = value:sub(1, 2) == "SK" and ": what begins with SK is an API key, option 'api_key'" or ""
  misuse("%s must be an account SID, AC and 32 hex digits%s", where, hint)
end

-- Where a value was found, as messages say it: an option, or a variable of the environment.
local function place_of(options, option, variable)
  return options[option] and ("option '%s'"):format(option) or variable .. " in the environment"
end

-- The credentials of HTTP's basic scheme: `kind` is `"auth token"` or `"API key"`, the places are where each half was found.
local function basic(kind, names, user, password, user_place, password_place)
  check_half(user, user_place)
  check_secret(password, password_place)
  -- RFC 7617 §2: the first half cannot hold a colon.
  if user:find(":", 1, true) then misuse("%s must not hold a colon", user_place) end
  local authorization = "Basic " .. core.base64(user .. ":" .. password)
  return {
    names = names,
    words = function() return advice().of_credentials(kind, names, user_place, password_place) end,
    doubt = function() return advice().doubt(kind, user, password, user_place, password_place) end,
    authorization = function() return authorization end,
    authorization_at_hand = function() return authorization end,
    forget = function() return false end,
    secrets = function() return { password, authorization:match("^Basic (.+)$") } end,
  }
end

--- Adds texts to what must never be shown.
-- @tparam table identity what `resolve` gave
-- @tparam {string,...}|nil secrets
function credentials.hide(identity, secrets)
  if not secrets or #secrets == 0 then return end
  local own = identity.secrets
  function identity.secrets()
    local all = own()
    for _, secret in ipairs(secrets) do all[#all + 1] = secret end
    return all
  end
end

--- Finds the credentials of a new client. What the program gives wins over the environment; among what is given, OAuth wins
-- over an API key, and an API key over the auth token.
-- @tparam table options those of `studio.new`; none at all raises
-- @treturn table `names` (to be shown shortened, the account first); `words()` → which credentials, and where they were found;
--   `doubt()` → what about them may be the reason why they are refused, or nil;
--   `authorization(caller, deadline)` → header value or nil, err; `authorization_at_hand()` → the same, or nil where it has to be waited
--   for; `forget(authorization)` → whether a renewal may help; `secrets()` → what must never be shown
function credentials.resolve(options)
  local account_sid = options.account_sid
  if account_sid then check_account_sid(account_sid, "option 'account_sid'") end
  -- Beside an API key or OAuth the environment's account SID is only shown in messages.
  local found = not account_sid and environment("TWILIO_ACCOUNT_SID")
  if found and found:sub(1, 2) == "AC" then account_sid = found end
  if options.oauth then
    return require("studio.request.oauth").new(options.oauth, account_sid, check_secret) -- late:
  end
  local token_given, half, other_half = options.auth_token ~= nil, nil, nil
  if not token_given or options.api_key or options.api_secret then
    local key, secret
    key, secret, half, other_half = pair(options, "api_key", "api_secret", "TWILIO_API_KEY", "TWILIO_API_SECRET")
    if key then
      return basic("API key", { account_sid or key, key }, key, secret, place_of(options, "api_key", "TWILIO_API_KEY"),
        place_of(options, "api_secret", "TWILIO_API_SECRET"))
    end
  end
  local sid, token, present, missing = pair(options, "account_sid", "auth_token", "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN")
  if sid then
    if found then check_account_sid(found, "TWILIO_ACCOUNT_SID in the environment") end
    return basic("auth token", { sid }, sid, token, place_of(options, "account_sid", "TWILIO_ACCOUNT_SID"),
      place_of(options, "auth_token", "TWILIO_AUTH_TOKEN"))
  end
  if half and not present then present, missing = half, other_half end
  misuse("no credentials: %s", advice().of_none(present, missing))
end

return credentials
