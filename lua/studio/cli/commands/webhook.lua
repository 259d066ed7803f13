--- `studio webhook sign|verify`: the signature by which a request of Twilio's can be told from a forged one.
local failure = require "studio.cli.failure"
local webhook = require "studio.webhook"

local commands = {}

local function describe(parser)
  parser:option("--form", "A field of the form, as often as wanted; the value @FILE or - is read."):argname("NAME=VALUE"):count "*"
  parser:option("--body", "The raw body of any other content type, or of a form as it was sent: TEXT, @FILE or - for stdin."):argname "TEXT"
  parser:option("--auth-token-file", "A file with the auth token, - for stdin; TWILIO_AUTH_TOKEN or the profile's unless given.")
    :argname "FILE"
  parser:option("--profile", "The account to use, see 'studio profiles'; STUDIO_PROFILE unless given."):argname "NAME"
end

-- The auth token: an API key's secret does not sign.
local function token_of(context, arguments)
  local token
  if arguments.auth_token_file then
    token = context:read_secret(arguments.auth_token_file, "--auth-token-file"):match "^%S+$"
    if not token then failure.usage("%s: --auth-token-file must hold one word", context.called) end
  elseif arguments.profile or not os.getenv "TWILIO_AUTH_TOKEN" then
    local profile = context:profile()
    token = profile and profile.auth_token
  else
    token = os.getenv "TWILIO_AUTH_TOKEN"
  end
  if not token or token == "" then
    error(failure.new(4, "no auth token", "set TWILIO_AUTH_TOKEN, name a profile that has one, or give --auth-token-file"), 0)
  end
  return token
end

-- A form's fields, the raw body, or nothing.
local function body_of(context, arguments)
  if #arguments.form == 0 then return arguments.body and context:read(arguments.body, "--body") end
  if arguments.body then failure.usage("%s: --form and --body exclude each other", context.called) end
  local fields = {}
  for _, pair in ipairs(arguments.form) do
    local name, value = pair:match "^([^=]+)=(.*)$"
    if not name then failure.usage("%s: --form takes NAME=VALUE, got '%s'", context.called, pair) end
    value = context:read(value, "--form")
    local before = fields[name]
    if before == nil then
      fields[name] = value
    elseif type(before) == "table" then
      before[#before + 1] = value
    else
      fields[name] = { before, value }
    end
  end
  return fields
end

commands.sign = {
  examples = {
    "studio webhook sign https://example.com/hook --form From=+15550001111 --form Body=hi",
    "studio webhook sign https://example.com/hook --body @event.json",
  },
  describe = function(parser)
    parser:argument("url", "The whole URL, with its query."):argname "URL"
    describe(parser)
    parser:option("-o --output", "json: the signature and the URL that was signed; with --body that has a bodySHA256 in its query.")
      :choices { "json" }:argname "FORM"
  end,
  run = function(context, arguments)
    local signature, url = webhook.sign(token_of(context, arguments), arguments.url, body_of(context, arguments))
    if arguments.output then
      context:out():record({ signature = signature, url = url }, { columns = { "signature", "url" } })
      return 0
    end
    context:out():write(signature .. "\n")
    if url ~= arguments.url then context:note("the URL that was signed: %s", url) end
    return 0
  end,
}

commands.verify = {
  examples = { "studio webhook verify https://example.com/hook y8QFezVktrsARtY22sfWinDqozU= --form From=+15550001111 --form Body=hi" },
  describe = function(parser)
    parser:argument("url", "The whole URL as it is configured with Twilio, with its query."):argname "URL"
    parser:argument("signature", "The header X-Twilio-Signature."):argname "SIGNATURE"
    describe(parser)
    parser:option("-o --output", "json: whether it is valid, and why not."):choices { "json" }:argname "FORM"
  end,
  run = function(context, arguments)
    local body = body_of(context, arguments)
    -- What was sent as a form is read as one.
    if type(body) == "string" and not arguments.url:find "bodySHA256=" then body = webhook.fields(body) end
    local valid, why = webhook.valid(token_of(context, arguments), arguments.signature, arguments.url, body)
    if arguments.output then
      context:out():record({ valid = valid, reason = why }, { columns = { "valid", "reason" } })
    else
      context:out():write((valid and "valid" or "not valid: " .. why) .. "\n")
    end
    return valid and 0 or 3
  end,
}

return commands
