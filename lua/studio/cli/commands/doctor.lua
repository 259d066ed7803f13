--- `studio doctor`: what a client needs, one sentence each, and what mends it.
local ascii = require "studio.base.ascii"
local core = require "studio.core"
local failure = require "studio.cli.failure"
local text = require "studio.cli.text"

local errors_of, in_words_of_profile = failure.read, failure.in_words_of_profile

local spec = {
  columns = { "check", "state", "sentence", "mend" }, id_field = "check", what = "checks",
  fields = { check = "string", state = "string", sentence = "string", mend = "string" },
}

-- Seconds by which the clock may differ from the service's.
local MOST_SKEW = 60
-- Where systems keep the certificates that they trust.
local bundles = {
  "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem", "/etc/ssl/ca-bundle.pem",
  "/usr/local/share/certs/ca-root-nss.crt", "/opt/homebrew/etc/ca-certificates/cert.pem",
}

local function environment(name)
  local value = os.getenv(name)
  return value ~= "" and value or nil
end

local function content_of(path)
  local file = io.open(path, "rb")
  local content = file and file:read "*a"
  if file then file:close() end
  return content
end

-- The first line that a command prints; nil where it prints none.
local function first_line(command)
  local pipe = io.popen(command .. " 2>&1", "r")
  local line = pipe and pipe:read "*l"
  if pipe then pipe:close() end
  return line
end

-- Each check gives its state (`ok`, `note` for what may be as it is, `bad`), a sentence, and what mends it.
local checks = {}

function checks.lua()
  local version = require "studio.base.version" -- late: this command
  local jit_library = rawget(_G, "jit")
  return "ok", ("studio %s on %s"):format(version, jit_library and jit_library.version or _VERSION)
end

function checks.libcurl()
  if not core.has_http2 then
    local mend = "a libcurl with nghttp2 sends many requests over one connection"
    return "note", ("libcurl %s, without HTTP/2"):format(core.curl_version), mend
  end
  return "ok", ("libcurl %s, with HTTP/2"):format(core.curl_version)
end

function checks.tls()
  if core.tls_version then return "ok", core.tls_version end
  return "bad", "this libcurl speaks no TLS", "install one with OpenSSL or GnuTLS (Debian: libcurl4)"
end

function checks.certificates()
  local path = environment "STUDIO_CA_FILE"
  if path then
    local content = content_of(path)
    if not content then
      return "bad", ("STUDIO_CA_FILE names %s, which cannot be read"):format(path), "name a file with certificates, or unset it"
    elseif not content:find("BEGIN CERTIFICATE", 1, true) then
      return "bad", ("STUDIO_CA_FILE names %s, which holds no certificate"):format(path), "name a PEM file with certificates, or unset it"
    end
    return "ok", ("those in %s, of STUDIO_CA_FILE"):format(path)
  end
  for _, bundle in ipairs(bundles) do
    if content_of(bundle) then return "ok", "those of the system, " .. bundle end
  end
  return "note", "no file with the system's certificates is where others have it",
    "install ca-certificates, or name a file by STUDIO_CA_FILE, if the read below fails for a certificate"
end

function checks.cjson()
  local is_there, cjson = pcall(require, "cjson") -- late: this command
  if not is_there then
    return "note", "lua-cjson is missing: studio.null is a value of the library's own",
      "luarocks install lua-cjson (Debian: lua-cjson), if the program uses it beside the library"
  end
  return "ok", ("lua-cjson %s%s"):format(tostring(cjson._VERSION or "of an unknown version"), cjson.empty_array and ", OpenResty's" or "")
end

-- The account -----------------------------------------------------------------------------------------------------------------------

function checks.credentials(context, found)
  local made, client = pcall(context.client, context)
  if not made then
    local read = errors_of(client)
    return "bad", read.message, read.hint
  end
  found.client = client
  local profile = not context.arguments.emulator and context:profile()
  local who = tostring(client):gsub("^studio%.client ", "")
  if profile then who = in_words_of_profile({ message = who }, profile).message end
  if context.arguments.offline then return "ok", who .. "; not tried: --offline" end
  local answer, err = client:request("GET", "/v2/Flows", { query = { PageSize = 1 } })
  if answer then
    found.answer = answer
    return "ok", "tried with one read: " .. who
  end
  local message = errors_of(err).message
  if err.status == 401 or err.status == 403 then
    return "bad", message, "compare SID and token with the Console's, and the region with the key's"
  elseif message:find("certificate", 1, true) then
    return "bad", message, "STUDIO_CA_FILE names the certificates that are trusted"
  end
  return "bad", message, "look at the network, and at the proxy below"
end

-- A URL without its user and password, which no base URL may have.
local function without_user(url)
  local scheme, rest = url:match "^([^/@]*//)(.*)$"
  return (scheme or "") .. (rest or url):gsub("^.*@", "")
end

-- Where requests go, by the options of `studio.new`: the service of --emulator, else what the profile or the environment has.
local function place_of(context)
  if context.arguments.emulator then return { base_url = context.service and context.service.base_url } end
  local profile = context:profile() or {}
  local base_url = profile.base_url or environment "STUDIO_BASE_URL"
  return {
    region = profile.region or environment "TWILIO_REGION", edge = profile.edge or environment "TWILIO_EDGE",
    base_url = base_url and without_user(base_url),
  }
end

function checks.region(context)
  local place = place_of(context)
  local region, edge = place.region, place.edge
  if place.base_url and not context.arguments.emulator then
    return "note", "requests go to " .. place.base_url, "unset STUDIO_BASE_URL for Twilio's own hosts"
  end
  if region == nil and edge == nil then return "ok", "region us1, no edge named" end
  local made, problem = pcall(require("studio.request.regions").check, { region = region, edge = edge }) -- late: this command
  if not made then return "bad", (tostring(problem):gsub("^[^\n]-:%d+: ", "")), "studio help environment" end
  return "ok", ("region %s, edge %s"):format(region or "us1", edge or "that of the region")
end

-- The scheme, host and port of the service; those of Twilio's own where the command is told of none that can be.
local function parts_of(context)
  local services = require("studio.api").services -- late: this command
  local made, resolved = pcall(require("studio.request.origins").resolve, place_of(context), services) -- late: this command
  return made and resolved.studio.parts or { scheme = "https", host = "studio.twilio.com", port = "443" }
end

function checks.proxy(context)
  -- The service of --emulator is asked without one.
  if context.arguments.emulator then return "ok", "none" end
  local proxy, parts = require "studio.request.proxy", parts_of(context) -- late: this command
  local found = proxy.find({}, parts)
  if not found.source then return "ok", "none" end
  if proxy.is_bypassed(found.no_proxy, parts.host) then return "ok", ("none: no_proxy names %s"):format(parts.host) end
  if found.problem then
    return "bad", ("%s %s"):format(found.source, found.problem), "write it as http://user:password@host:port, or unset it"
  end
  return "ok", ("%s, of %s"):format(found.shown, found.source)
end

function checks.clock(_, found)
  local date
  for name, value in pairs(found.answer and found.answer.headers or {}) do
    if ascii.lower(name) == "date" then date = value end
  end
  local seconds = date and require("studio.base.timestamp").parse_http(date) -- late: this command
  if not seconds then return "note", "not compared: there is no answer of the service" end
  local skew = os.time() - seconds
  if math.abs(skew) <= MOST_SKEW then return "ok", ("within %d s of the service's"):format(math.max(1, math.abs(skew))) end
  return "bad", ("%d s %s the service's"):format(math.abs(skew), skew > 0 and "ahead of" or "behind"),
    "set the clock (timedatectl set-ntp true): certificates and dates in filters depend on it"
end

-- What only the local service and OpenResty need --------------------------------------------------------------------------------------

function checks.nginx()
  local line = first_line [[PATH="$PATH:/usr/local/openresty/bin:/usr/local/sbin:/usr/sbin:/sbin"
    program=$(command -v openresty || command -v nginx) && "$program" -v]]
  if not line or not line:find("version", 1, true) then
    return "note", "there is none; the local service needs it", "install nginx and libnginx-mod-http-lua, or OpenResty"
  end
  return "ok", (line:gsub("^nginx version: ", ""))
end

function checks.emulator(context)
  if context.service then return "ok", "it runs: the read above was answered by it" end
  local emulator = require "studio.emulator" -- late: this command
  local fine, service, problem = pcall(emulator.start)
  if fine and service then
    service:stop()
    return "ok", "the local service starts: 'studio emulator', or --emulator"
  end
  return "note", text.printable(tostring(fine and problem or service)), "it is for trying and for tests; nothing else needs it"
end

-- In the order in which one thing rests on another.
local order = { "lua", "libcurl", "tls", "certificates", "cjson", "credentials", "region", "proxy", "clock", "nginx", "emulator" }

local colours = { ok = "green", note = "yellow", bad = "red" }

local function show(context, result)
  local out = context:out()
  local state = out:paint(("%-4s"):format(result.state), colours[result.state])
  out:write(("%s  %-12s %s\n"):format(state, result.check, text.printable(result.sentence)))
  if result.mend then out:write(("      %-12s mend: %s\n"):format("", text.printable(result.mend))) end
end

return {
  examples = { "studio doctor", "studio doctor --profile staging", "studio doctor --offline -o json" },
  describe = function(parser, add)
    parser:flag("--offline", "Sends nothing and starts nothing.")
    add.output()
    add.connection()
  end,
  run = function(context, arguments)
    local out = context:out()
    if out:is_help(spec) then return 0 end
    local results, found, bad = {}, {}, 0
    for _, name in ipairs(order) do
      if not (arguments.offline and (name == "clock" or name == "emulator")) then
        local state, sentence, mend = checks[name](context, found)
        local result = { check = name, state = state, sentence = sentence, mend = mend }
        results[#results + 1] = result
        if state == "bad" then bad = bad + 1 end
        if not arguments.output then show(context, result) end
      end
    end
    if arguments.output then out:list(results, spec) end
    if bad > 0 then context:note("%d of %d to mend", bad, #results) end
    return bad > 0 and 1 or 0
  end,
}
