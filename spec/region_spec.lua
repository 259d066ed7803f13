--- Regions and edges: Twilio's hosts, and what is said to those who write a host or name that is gone. Where each request goes is
-- in origins_spec.lua.
local support = require "spec.support"

local FLOW = "FW" .. ("1"):rep(32)
local FLEX_FLOW = "FO" .. ("1"):rep(32)

describe("Region and edge", function()
  local function host(options)
    local transport = support.transport()
    support.offline(transport, options).v2.flows(FLOW):fetch()
    return transport.requests[1].url:match("^https?://([^/]+)/")
  end

  local function refusal(options)
    local fine, message = pcall(function() support.offline(support.transport(), options) end)
    assert.is_false(fine)
    assert.is_nil(message:find("[\r\n]"))
    return message:match("^%S+:%d+: (.*)$")
  end

  it("make a host of three labels before twilio.com, or of one", function()
    for expected, options in pairs {
      ["studio.twilio.com"] = {}, ["studio.dublin.ie1.twilio.com"] = { region = "ie1" },
      ["studio.sydney.au1.twilio.com"] = { region = "au1" }, ["studio.tokyo.jp1.twilio.com"] = { region = "jp1", edge = "tokyo" },
      ["studio.umatilla.us1.twilio.com"] = { edge = "umatilla" },
      ["studio.frankfurt.ie1.twilio.com"] = { region = "ie1", edge = "frankfurt" },
      ["studio.sao-paulo.us1.twilio.com"] = { region = "us1", edge = "sao-paulo" },
    } do
      assert.are.equal(expected, host(options))
    end
    assert.are.equal("studio.twilio.com", host { region = "us1" })
  end)

  it("are refused where they name what has no host, with what to write instead", function()
    local nearest = "' has no host of its own: leave '%s' out, requests find the nearest edge by themselves"
    local unknown = "' is not known, and the hosts that named a region alone are gone: give 'edge' too, such as edge = "
    for _, case in ipairs {
      { { edge = "roaming" }, "option 'edge': 'roaming" .. nearest:format("edge") },
      { { region = "gll" }, "option 'region': 'gll" .. nearest:format("region") },
      { { region = "dublin" }, "option 'region': 'dublin' is an edge: write region = 'ie1'" },
      { { region = "umatilla", edge = "umatilla" }, "option 'region': 'umatilla' is an edge: write region = 'us1'" },
      { { edge = "ie1" }, "option 'edge': 'ie1' is the name of a region: write edge = 'dublin'" },
      { { region = "us1", edge = "us1" }, "option 'edge': 'us1' is the name of a region: write edge = 'ashburn'" },
      { { region = "us2" }, "option 'region': 'us2' was the old name of an edge, and requests to it were carried out in us1: "
        .. "leave 'region' out, or write edge = 'umatilla'" },
      { { region = "jp1" }, "option 'region': the edge of 'jp1" .. unknown .. "'tokyo'" },
      { { region = "xx1" }, "option 'region': the edge of 'xx1" .. unknown .. "'dublin'" },
    } do
      assert.are.equal(case[2], refusal(case[1]))
    end
    for _, name in ipairs { "us2", "de1", "br1", "sg1" } do
      assert.truthy(refusal({ region = name }):find("old name of an edge", 1, true))
    end
  end)

  it("are refused the same way when the environment names them", function()
    local getenv = os.getenv
    os.getenv = function(name) return name == "TWILIO_EDGE" and "roaming" or nil end -- luacheck: ignore 122
    local fine, message = pcall(refusal, {})
    os.getenv = getenv -- luacheck: ignore 122
    assert.is_true(fine)
    assert.truthy(message:find("'roaming'", 1, true))
  end)
end)

describe("A base_url that is a host of Twilio's", function()
  local function refusal(base_url)
    local fine, message = pcall(function() support.offline(support.transport(), { base_url = base_url }) end)
    assert.is_false(fine, base_url)
    return message:match("option 'base_url': .*$")
  end

  it("is refused where it names a region alone, with what to write instead", function()
    for base_url, words in pairs {
      ["https://studio.ie1.twilio.com"] = { "studio.ie1.twilio.com", "write region = 'ie1' instead", "studio.dublin.ie1.twilio.com" },
      ["https://STUDIO.AU1.Twilio.COM:443/"] = { "studio.au1.twilio.com", "write region = 'au1' instead", "studio.sydney.au1.twilio.com" },
      ["https://studio.ie1.twilio.com."] = { "studio.ie1.twilio.com.", "write region = 'ie1' instead", "studio.dublin.ie1.twilio.com" },
      ["https://studio.us2.twilio.com"] = { "studio.us2.twilio.com", "leave 'base_url' out", "studio.twilio.com" },
      ["https://flex-api.br1.twilio.com"] = { "flex-api.br1.twilio.com", "leave 'base_url' out", "flex-api.twilio.com" },
      ["https://studio.jp1.twilio.com"] = { "studio.jp1.twilio.com", "give 'region' and 'edge' instead", "studio.<edge>.jp1.twilio.com" },
    } do
      local message = ("%s is retired: %s (the host is then %s)"):format(words[1], words[2], words[3])
      assert.are.equal("option 'base_url': " .. message, refusal(base_url))
    end
  end)

  it("is taken where that host is still there, and so is any other", function()
    for _, base_url in ipairs {
      "https://studio.us1.twilio.com", "https://studio.twilio.com", "https://studio.dublin.ie1.twilio.com",
      "https://studio.ie1.twilio.com.example.com", "https://ie1.example.com", "https://studio.ie1.nottwilio.com", "http://127.0.0.1:4010",
    } do
      local transport = support.transport()
      assert(support.offline(transport, { base_url = base_url }).v2.flows(FLOW):fetch())
      assert.are.equal(base_url .. "/v2/Flows/" .. FLOW, transport.requests[1].url)
    end
  end)

  it("takes FlexFlows to us1 alone", function()
    local function flex(options)
      local transport = support.transport()
      local flow, err = support.offline(transport, options).flex.flex_flows(FLEX_FLOW):fetch()
      return flow, err, #transport.requests
    end
    for _, options in ipairs {
      { base_url = "https://studio.dublin.ie1.twilio.com" }, { base_url = "https://flex-api.sydney.au1.twilio.com", region = "us1" },
      { region = "au1" }, { region = "ie1", edge = "frankfurt" },
    } do
      local flow, err, count = flex(options)
      assert.is_nil(flow)
      assert.are.equal("argument", err.kind)
      assert.are.equal(false, err.sent)
      assert.truthy(err.message:find("FlexFlows exist in region us1 only", 1, true))
      assert.are.equal(0, count)
    end
    for _, options in ipairs {
      {}, { region = "us1" }, { edge = "dublin" }, { base_url = "https://flex-api.us1.twilio.com" },
      { base_url = "http://127.0.0.1:4010", region = "ie1" },
    } do
      local flow, _, count = flex(options)
      assert.is_truthy(flow)
      assert.are.equal(1, count)
    end
  end)
end)
