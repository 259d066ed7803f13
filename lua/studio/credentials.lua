--- Who the client is: account SID and auth token, API key and secret, or OAuth client credentials.
-- Secrets live in the closures made here and nowhere else that a program could print by accident.
local core = require "studio.core"
local errors = require "studio.errors"
local options_module = require "studio.options"
local task_module = require "studio.task"
local token_life = require "studio.token_life"

local misuse = errors.misuse

local credentials = {}

-- Seconds before its expiry that an OAuth token is renewed.
local RENEW_EARLY = 60

local function environment(name)
  local value = os.getenv(name)
  return value ~= "" and value or nil
end

-- A pair belongs together: both from the program, or both from the environment, or the second half from there.
local function pair(options, first, second, first_variable, second_variable)
  local one = options[first] or environment(first_variable)
  local two = options[second] or environment(second_variable)
  if one and two then return one, two end
  if options[first] then misuse("option '%s' needs '%s' too (or %s in the environment)", first, second, second_variable) end
  if options[second] then misuse("option '%s' needs '%s' too (or %s in the environment)", second, first, first_variable) end
  return nil, nil, one and first_variable or two and second_variable, one and second_variable or first_variable
end

-- What an account SID never begins with is most often a token or a key in the wrong place, which no message may show. What follows the
-- two letters is the service's to judge: programs that talk to a stand-in for it make up short ones.
local function check_account_sid(value, where)
  if value:sub(1, 2) == "AC" then return end
  local hint = value:sub(1, 2) == "SK" and ": what begins with SK is an API key, option 'api_key'" or ""
  misuse("%s must be an account SID, AC and 32 hex digits%s", where, hint)
end

-- RFC 7617 §2: the first half cannot hold a colon.
local function basic(user, password, name)
  if user:find(":", 1, true) then misuse("option '%s' must not hold a colon", name) end
  if (user .. password):find("%c") then misuse("credentials must not hold control characters") end
  if user:find("^ ") or user:find(" $") or password:find("^ ") or password:find(" $") then
    misuse("credentials must not begin or end with a blank")
  end
  return "Basic " .. core.base64(user .. ":" .. password)
end

-- RFC 6750 §2.1 says what a bearer token is made of.
local function refuse_token(answer)
  local token = answer.access_token
  if type(token) ~= "string" or not token:find("^[%w%-._~+/]+=*$") then return "the token endpoint gave no usable access_token" end
end

-- OAuth 2.0 client credentials (RFC 6749 §4.4): the token is fetched on first use and renewed early.
local function oauth_source(oauth)
  local token, expires, renewal
  local function fetch(caller)
    local answer, err = caller:perform {
      method = "POST", service = "oauth", target = "/v2/token", rule = "resource", refuse = refuse_token,
      unauthenticated = true, secret_answer = true, is_repeatable = true,
      body = core.form {
        "grant_type", "client_credentials", "client_id", oauth.client_id, "client_secret", oauth.client_secret,
      },
    }
    if not answer then return nil, err end
    token, expires = answer.access_token, core.now() + token_life(answer) - RENEW_EARLY
    return token
  end
  return {
    -- One fetch for all who wait: it runs in a task of its own, which neither the deadline nor the end of one of them stops.
    token = function(caller, deadline)
      if token and core.now() < expires then return token end
      local way, refusal = caller.loop:way_to_wait()
      if not way then return nil, errors.new("context", refusal, { sent = false }) end
      if not renewal or renewal:done() then
        renewal = task_module.spawn(caller.loop, fetch, caller, nil, { weak = true })
        renewal:resume()
      end
      local fetching = renewal
      local fetched, err = fetching:wait(deadline and deadline - core.now())
      if fetching:done() or err.kind ~= "timeout" then return fetched, err end
      return nil, errors.new("timeout", "the deadline passed before there was a token", { sent = false, retryable = true })
    end,
    token_at_hand = function() return token and core.now() < expires and token or nil end,
    -- The token that was refused is not used again; another may have been fetched meanwhile.
    forget = function(authorization)
      if token and authorization == "Bearer " .. token then token = nil end
      return true
    end,
    secrets = function() return { oauth.client_secret, token } end,
  }
end

local function fixed(authorization, names, secret)
  return {
    names = names,
    authorization = function() return authorization end,
    authorization_at_hand = function() return authorization end,
    forget = function() return false end,
    secrets = function() return { secret, authorization:match("^Basic (.+)$") } end,
  }
end

local function from_oauth(oauth, account_sid)
  oauth = options_module.check(oauth, { client_id = "string", client_secret = "string" }, "oauth.")
  if not oauth.client_id or not oauth.client_secret then misuse("option 'oauth' needs 'client_id' and 'client_secret'") end
  local source = oauth_source(oauth)
  return {
    names = { account_sid or oauth.client_id, oauth.client_id },
    authorization = function(caller, deadline)
      local token, err = source.token(caller, deadline)
      if not token then return nil, err end
      return "Bearer " .. token
    end,
    authorization_at_hand = function()
      local token = source.token_at_hand()
      return token and "Bearer " .. token
    end,
    forget = source.forget,
    secrets = source.secrets,
  }
end

--- Finds the credentials of a new client. What the program gives wins over the environment; among what is given, OAuth wins
-- over an API key, and an API key over the auth token.
-- @tparam table options those of `studio.new`; none at all raises
-- @treturn table `names` (to be shown shortened, the account first), `authorization(caller, deadline)` → header value or nil, err;
--   `authorization_at_hand()` → the same, or nil where it has to be waited for; `forget(authorization)` → whether a renewal may help;
--   `secrets()` → what must never be shown
function credentials.resolve(options)
  local account_sid = options.account_sid
  if account_sid then check_account_sid(account_sid, "option 'account_sid'") end
  -- Beside other credentials the environment's is for show alone.
  local found = not account_sid and environment("TWILIO_ACCOUNT_SID")
  if found and found:sub(1, 2) == "AC" then account_sid = found end
  if options.oauth then return from_oauth(options.oauth, account_sid) end
  local token_given = options.auth_token ~= nil
  if not token_given or options.api_key or options.api_secret then
    local key, secret = pair(options, "api_key", "api_secret", "TWILIO_API_KEY", "TWILIO_API_SECRET")
    if key then return fixed(basic(key, secret, "api_key"), { account_sid or key, key }, secret) end
  end
  local sid, token, present, missing = pair(options, "account_sid", "auth_token", "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN")
  if sid then
    if found then check_account_sid(found, "TWILIO_ACCOUNT_SID in the environment") end
    return fixed(basic(sid, token, "account_sid"), { sid }, token)
  end
  if present then misuse("no credentials: the environment has %s, but %s is not set or is empty", present, missing) end
  misuse("no credentials: give account_sid and auth_token, api_key and api_secret, or oauth, "
    .. "or set TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN in the environment")
end

return credentials
