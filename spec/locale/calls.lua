-- A program under the locale that its argument names: what the library does with letters, order and numbers. Prints what differs from what
-- is due, and "done".
assert(os.setlocale(arg[1]), "there is no locale " .. arg[1])
local ascii = require "studio.base.ascii"
local retry = require "studio.request.retry"
local flow_module = require "studio.flow"
local plain_json = require "studio.flow.json"
local studio = require "studio"

local function check(what, due, found)
  if due ~= found then print(("%s: %s is due, got %s"):format(what, tostring(due), tostring(found))) end
end

local function raises(what, words, run)
  local ok, message = pcall(run)
  if ok or not tostring(message):find(words, 1, true) then print(("%s: %s"):format(what, tostring(message))) end
end

local sent
local function client(options)
  local all = {
    account_sid = "AC" .. ("0"):rep(32), auth_token = ("f"):rep(32),
    transport = {
      send = function(_, request)
        sent = request
        return { status = 200, headers = { ["CONTENT-TYPE"] = "APPLICATION/JSON" }, body = '{"sid":"FW1","n":0.5}' }
      end,
    },
  }
  for name, value in pairs(options or {}) do all[name] = value end
  return studio.new(all)
end

local flow = client().v1.flows("FW" .. ("0"):rep(32))

-- Letters: the capital I is the small i's here, wherever a name is written.
for _, name in ipairs { "AUTHORIZATION", "CONNECTION", "HOST", "TRANSFER-ENCODING", "COOKIE", "CONTENT-TYPE" } do
  raises("the header " .. name, "is written by the library", function() flow:fetch(nil, { headers = { [name] = "x" } }) end)
end
raises("a retired host", "is retired", function() client { base_url = "HTTPS://STUDIO.IE1.TWILIO.COM" } end)
raises("a mistyped option", "did you mean 'account_sid'?", function() client { ACCOUNT_SID = "AC1" } end)
local origin = client { base_url = "HTTPS://TWILIO.INVALID" }.v1.flows
local _, err = origin:page_at "https://twilio.invalid/v1/FLOWS?Page=1"
check("an origin in capitals", nil, err and tostring(err):find("its origin", 1, true))
check("a type of content in capitals", 0.5, assert(flow:fetch()).n)
check("lower", "iiz", ascii.lower "IiZ")
check("upper", "IIZ", ascii.upper "iIz")
raises("letters beyond ASCII", "a name may hold only", function() flow:fetch(nil, { headers = { ["X-\221"] = "x" } }) end)

-- Order: by bytes.
check("order", '{"I":1,"Z":2,"a":3,"i":4,"z":5,"\195\167":6}',
  studio.encode({ ["\195\167"] = 6, z = 5, a = 3, Z = 2, I = 1, i = 4 }, { sort = true }))
check("order of several lines", '{\n"I": 1,\n"a": 2,\n"\195\167": 3\n}\n',
  studio.encode({ ["\195\167"] = 3, a = 2, I = 1 }, { indent = 0 }))
check("order of words", "B a", table.concat(ascii.sort { "a", "B" }, " "))
client():request("GET", "/v1", { query = { a = 1, B = 2, ["\195\167"] = 3, I = 0.5 } })
check("order of a query", "/v1?B=2&I=0.5&a=1&%C3%A7=3", sent.url:match("https://[^/]*(.*)"))

-- Numbers: a point, and no other mark.
check("a written fraction", "[0.5,1e+300,0.1,2.5e-07]", studio.encode { 0.5, 1e300, 0.1, 2.5e-7 })
check("a read fraction", 0.5 + 1, studio.decode "[0.5]"[1] + 1)
check("a small number", 2 ^ -1074, studio.decode "4.9406564584124654e-324")
check("a date-time with a fraction", 0.25, studio.timestamp "1970-01-01T00:00:00.250Z")
check("Retry-After with a fraction", 1.5, retry.read_after "1.5")
raises("a number in a message", "got -0.5", function() studio.encode({}, { indent = -0.5 }) end)
_, err = flow.engagements:list { limit = 0.5 }
check("a number in an error", 1, tostring(err):find("got 0.5", 1, true) and 1)

-- Flow definitions: templates, transcripts, and the JSON in plain Lua.
local function shown(body)
  local run = assert(flow_module.simulate({
    initial_state = "Trigger", states = {
      { name = "Trigger", type = "trigger", properties = {}, transitions = { { event = "incomingMessage", next = "say" } } },
      { name = "say", type = "send-message", transitions = { { event = "sent" }, { event = "failed" } },
        properties = { body = body, from = "{{flow.channel.address}}", to = "{{contact.channel.address}}" } },
    },
  }, { trigger = "incomingMessage", from = "+15550001111", to = "+15550002222", body = "hi", now = 0 }))
  return run.output[1].text, flow_module.transcript(run)
end
local text, transcript = shown "{{ '2.75' | times: 2 }} {{ 1.25 | round: 1 }} {{ '1e3' | plus: 0.5 }}"
check("numbers of a template", "5.5 1.3 1000.5", text)
check("numbers of a transcript", 1, transcript:find("< 5.5 1.3 1000.5", 1, true) and 1)
check("order of a template", "B a \195\167", (shown "{{ 'a,\195\167,B' | split: ',' | sort | join: ' ' }}"))
check("letters of a template", "TITLE info Info", (shown "{{ 'title' | upcase }} {{ 'INFO' | downcase }} {{ 'info' | capitalize }}"))
check("percent-encoding in a template", "I+%C3%A9", (shown "{{ 'I \195\169' | url_encode }}"))
check("a date in capitals", "05 APRIL", (shown "{{ 'APRIL 5, 2026' | date: '%d %^B' }}"))
check("a comparison in a template", "yes", (shown "{% if 'I' < 'i' and 'Z' <= 'a' %}yes{% endif %}"))
local findings = assert(flow_module.check {
  initial_state = "Trigger", states = {
    { name = "Trigger", type = "trigger", properties = {}, transitions = { { event = "incomingMessage", next = "say" } } },
    { name = "say", type = "send-message", properties = { body = "{{ widgets.b }}", Z = "{{ widgets.z }}" }, transitions = {} },
  },
})
local places = {}
for _, finding in ipairs(findings) do
  if finding.rule == "liquid-unknown-widget" then places[#places + 1] = finding.path:match "[^/]*$" end
end
check("order of findings", "Z body", table.concat(places, " "))
check("a written fraction in plain Lua", "[0.5,2.5e-07]", plain_json.encode { 0.5, 2.5e-7 })
check("a read fraction in plain Lua", 1.5, plain_json.decode "[0.5]"[1] + 1)
check("a number of a journal", "0.5", ascii.format("%.17g", 0.5))
raises("an unknown option", "unknown option '1.5'", function() studio.new { [1.5] = true } end)
raises("an unknown parameter", "unknown parameter '1.5'", function() client {}.v2.flows:list { [1.5] = true } end)
raises("a key of a map", "the key '1.5'", function() client {}:map({ [1.5] = true }, print) end)
local _, refused = client {
  transport = { send = function() return { status = 429, headers = { ["Retry-After"] = 2.5 }, body = '{"code":1.5,"message":"x"}' } end },
  retry = false,
}.v2.flows("FW" .. ("0"):rep(32)):fetch()
check("a number for a header", 2.5, refused.retry_after)
check("a code with a fraction", 1, tostring(refused):find("429 (1.5)", 1, true) and 1)
local _, unended = require("studio.executions").wait(client {}.v2.flows("FW" .. ("0"):rep(32)).executions("FN" .. ("0"):rep(32)), {
  timeout = 0.125,
})
check("a time-out with a fraction", "the Execution had not ended after 0.125 seconds", unended.message)
if _VERSION ~= "Lua 5.1" or rawget(_G, "jit") then -- tasks are none of PUC Lua 5.1
  local waited = client {}
  local task = waited:spawn(function() waited:sleep(5) end)
  local _, late = task:wait(0.125)
  check("a wait with a fraction", "the task was not done after 0.125 seconds", late.message)
  waited:close()
end
print "done"
