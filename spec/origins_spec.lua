-- Where requests go: hosts of regions and edges, base_url, and which URLs of an answer are followed.
local libcurl = require "spec.libcurl"
local support = require "spec.support"

local FLOW = "FW" .. ("1"):rep(32)
local FLEX_FLOW = "FO" .. ("1"):rep(32)

describe("The URL of a page", function()
  local first, second = support.emulator { engagements = 3 }, support.emulator { engagements = 3 }
  local engagements, path, own, other

  before_each(function()
    local service = first()
    own, other = service.base_url:match("//(.*)$"), second().base_url:match("//(.*)$")
    engagements = support.client(service, { retry = false }).v1.flows(service.flows.survey).engagements
    path = "/v1/Flows/" .. service.flows.survey .. "/Engagements?PageSize=2"
  end)

  -- `own` and `other` stand for the addresses of the two services, `own:port` and `other:port` for their ports.
  local function filled(text)
    return (text:gsub("own:port", own:match("%d+$")):gsub("other:port", other:match("%d+$")):gsub("own", own):gsub("other", other))
  end

  -- Lets the service answer with a page that leads there.
  local function answer_with(url)
    local text = url:gsub('[%c"\\\128-\255]', function(char) return ("\\u%04x"):format(char:byte()) end)
    first():fault { body = '{"meta":{"key":"engagements","next_page_url":"' .. text .. '"},"engagements":[{"sid":"a"}]}' }
  end

  local function check_refused(url)
    answer_with(url)
    local page = assert(engagements:page())
    local following, err = page:next()
    assert.is_nil(following)
    assert.are.equal("argument", err.kind, url)
    assert.is_false(err.sent)
    assert.is_nil(tostring(err):find("%c"))

    local resumed
    resumed, err = engagements:page_at(url)
    assert.is_nil(resumed)
    assert.are.equal("argument", err.kind, url)

    answer_with(url)
    local count = 0
    local fine, raised = pcall(function()
      for _ in engagements:each() do count = count + 1 end
    end)
    assert.is_false(fine)
    assert.are.equal("argument", raised.kind)
    assert.are.equal(1, count, "the records of the page itself are good")

    answer_with(url)
    local list, list_err = engagements:list()
    assert.is_nil(list)
    assert.are.equal("argument", list_err.kind)

    assert.are.equal(3, #first():requests())
    assert.are.equal(0, #second():requests())
  end

  for _, url in ipairs {
    "http://other/v1/Flows", "http://OTHER/v1/Flows", "https://own/v1/Flows", "http://localhost:own:port/v1/Flows",
    "http://user@own/v1/Flows", "http://user:password@own/v1/Flows", "http://:@own/v1/Flows", "http://own@other/v1/Flows",
    "http://other@own/v1/Flows", "http://own:x@other/", "http://own%40other/v1/Flows", "http://own\\@other/v1/Flows",
    "http://other\\@own/v1/Flows",
    "http://own\\.evil.example/", "http:\\\\other\\v1", "http:\\\\own\\v1", "http:/\\other/",
    "//other/v1/Flows", "///other/v1", "/v1/Flows",
    "v1/Flows", "other/v1/Flows", "own/v1/Flows", "?Page=1", "http:own/", "http:/own/", "http:///other/v1", "http://", "http:///",
    "http://own:/", "http://own:80/", "http://127.0.0.1/", "http://127.0.0.1:0/", "http://127.0.0.1:99999999999/",
    "http://127.0.0.1:-1/", "http://127.0.0.1:own:portx/", "http://[::1]:own:port/", "http://[::ffff:127.0.0.1]:own:port/",
    "http://127.0.0.1.nip.example:own:port/",
    "http://2130706433:other:port/", "http://0x7f000001:other:port/",
    "http://0177.0.0.1:other:port/", "http://127.1:other:port/", "http://127.0.0.1%00:own:port/", "http://own%2f@other/",
    " http://own/v1", "http://own/v1 ", "http://own/v 1", "http://own/v1\r\nHost: evil.example", "http://own/v1\n", "\thttp://own/v1",
    "http://own/v1\0", "http://own/\\other", "http://own/v1\127", "http://127\227\128\1300.0.1:own:port/", "http://own/\195\169",
    "ftp://own/v1", "file:///etc/passwd", "gopher://own/_GET", "javascript:alert(1)", "ws://own/", "httpx://own/", "",
    "http+unix://own/", "http://own;evil/", "http://own,other/", "http://{own,other}/", "http://127.0.0.[1-9]:own:port/",
    "https://studio.twilio.com.evil.example/v1", "https://studio.twilio.com:8443/v1", "http://studio.twilio.com/v1",
    "http://studio.twilio.com:443/v1", "https://api.twilio.com/v1", "https://flex-api.twilio.com/v1", "https://studio.twilio.com./v1",
    "https://studio-twilio.com/v1", "https://studio.twilio.com@evil.example/", "https://x@studio.twilio.com/v1", "https://twilio.com/",
    "https://studio.dublin.ie1.twilio.com/v1", "https://evil.example/?https://studio.twilio.com/", "http:///own/v1", "http:////own/v1",
    "https://studio.twilio.com\\.evil.example/",
    "https://studio%2etwilio.com.evil.example/",
  } do
    local title = ("(%s) is refused, and nothing is sent there"):format(url:gsub("[%c\127-\255]", "?"))
    it(title, function() check_refused(filled(url)) end)
  end

  it("(http://127.0.0.1.:own:port/...) is refused, or the configured origin where libcurl reads it so", function()
    local url = filled("http://127.0.0.1.:own:port") .. path
    answer_with(url)
    local following, err = assert(engagements:page()):next()
    if following and libcurl.is_newer then
      assert.are.equal(2, #following.items)
      assert.are.equal(own, first():requests()[2].headers.host)
    else
      assert.is_nil(following)
      assert.are.equal("argument", err.kind)
      assert.are.equal(1, #first():requests())
    end
    assert.are.equal(0, #second():requests())
  end)

  for _, prefix in ipairs {
    "http://own", "HTTP://own", "hTTp://own", "https://studio.twilio.com", "https://studio.twilio.com:443", "HTTPS://STUDIO.Twilio.Com",
    "https://STUDIO.twilio.com:0443",
  } do
    it(("(%s/...) is good: path and query are asked of the configured origin"):format(prefix), function()
      local url = filled(prefix) .. path
      answer_with(url)
      local page = assert(engagements:page())
      assert.are.equal(2, #assert(page:next()).items)
      assert.are.equal(2, #assert(engagements:page_at(url)).items)
      assert.are.equal(2, #assert(engagements:page_at(url .. "#part")).items)
      local seen = first():requests()
      assert.are.equal(4, #seen)
      for index = 2, 4 do
        assert.are.equal(path, seen[index].path .. "?" .. seen[index].query)
        assert.are.equal(own, seen[index].headers.host)
        assert.are.equal("Basic", seen[index].headers.authorization)
      end
      assert.are.equal(0, #second():requests())
    end)
  end

  it("goes to the configured origin or nowhere, however its address is written", function()
    for _, url in ipairs {
      "http://2130706433:own:port", "http://0x7f000001:own:port", "http://0177.0.0.1:own:port", "http://127.1:own:port",
      "http://own?@other", "http://own#@other", "http://own/@other", "http://own/..//other",
      "http://own//other/v1", "http://own/%2e%2e//other",
      "http://own/?http://other/", "http://127.0.0.%31:own:port",
    } do
      local seen = #first():requests()
      local page, err = engagements:page_at(filled(url) .. "/v1/x")
      assert.is_nil(page)
      local now_seen = first():requests()
      if err.kind == "argument" then
        assert.are.equal(seen, #now_seen)
      else
        -- nginx itself refuses some of them, and does not tell.
        assert.are.equal("http", err.kind)
        assert.is_true(#now_seen <= seen + 1)
        for _, request in ipairs(now_seen) do assert.are.equal(own, request.headers.host) end
      end
      assert.are.equal(0, #second():requests())
    end
  end)

  it("keeps its percent-encoding", function()
    local target = "/v1/Flows/a%2Fb%20c%C3%A9?PageToken=PA%2b%2F%3d&x=%00&y=a+b"
    engagements:page_at("http://" .. own .. target)
    local seen = first():requests()[1]
    assert.are.equal(target, seen.path .. "?" .. seen.query)
  end)
end)

describe("A redirect", function()
  local first, second = support.emulator(), support.emulator()

  it("is not followed, to wherever it leads", function()
    local service = first()
    local client = support.client(service)
    for _, status in ipairs { 301, 302, 303, 307, 308 } do
      for _, location in ipairs { second().base_url .. "/v1/Flows", service.base_url .. "/v1/Flows", "/v1/Flows" } do
        service:reset()
        service:fault { status = status, headers = { Location = location } }
        local _, err = client.v1.flows(service.flows.survey):fetch()
        assert.are.equal(status, err.status)
        assert.are.equal("http", err.kind)
        assert.are.equal(1, #service:requests())
      end
    end
    assert.are.equal(0, #second():requests())
  end)
end)

describe("The origin of a client", function()
  local getenv = os.getenv
  local environment

  before_each(function()
    environment = {}
    os.getenv = function(name) return environment[name] end -- luacheck: ignore 122
  end)
  after_each(function() os.getenv = getenv end) -- luacheck: ignore 122

  local function hosts(options)
    local transport = support.transport()
    local client = support.offline(transport, options)
    client.v1.flows(FLOW):fetch()
    client.v2.flows(FLOW):fetch()
    local _, err = client.flex.flex_flows(FLEX_FLOW):fetch()
    local found = {}
    for index, request in ipairs(transport.requests) do found[index] = request.url:match("^(.-)/v[12]/") end
    assert.are.equal(found[1], found[2])
    return found[1], found[3], err
  end

  local function refused(part, options)
    local fine, message = pcall(support.offline, support.transport(), options)
    assert.is_false(fine)
    assert.is_truthy(message:find(part, 1, true), message)
  end

  it("is that of region and edge", function()
    for _, case in ipairs {
      { {}, "https://studio.twilio.com", "https://flex-api.twilio.com" },
      { { region = "us1" }, "https://studio.twilio.com", "https://flex-api.twilio.com" },
      { { region = "ie1" }, "https://studio.dublin.ie1.twilio.com" },
      { { region = "au1" }, "https://studio.sydney.au1.twilio.com" },
      { { region = "au1", edge = "singapore" }, "https://studio.singapore.au1.twilio.com" },
      { { region = "xx9", edge = "dublin" }, "https://studio.dublin.xx9.twilio.com" },
      { { edge = "dublin" }, "https://studio.dublin.us1.twilio.com", "https://flex-api.dublin.us1.twilio.com" },
      { { region = "us1", edge = "ashburn-ix" }, "https://studio.ashburn-ix.us1.twilio.com", "https://flex-api.ashburn-ix.us1.twilio.com" },
    } do
      local studio_host, flex_host = hosts(case[1])
      assert.are.equal(case[2], studio_host)
      assert.are.equal(case[3], flex_host)
    end
  end)

  it("is not guessed for a region that is not known", function()
    refused("edge", { region = "xx9" })
    refused("edge", { region = "us2" })
  end)

  it("does not take what is no name for region and edge", function()
    for _, bad in ipairs { "ie1.evil.example", "ie1/", "@evil", "IE1", "ie1 ", "-ie", "1ie", "ie1:80", "..", "ie--1", "dublin\n" } do
      refused("region", { region = bad, edge = "dublin" })
      refused("edge", { region = "ie1", edge = bad })
    end
    for _, name in ipairs { "region", "edge" } do
      refused(name, { [name] = "" })
      refused(name, { [name] = 1 })
    end
  end)

  it("has no FlexFlows outside us1: an error, and nothing is sent", function()
    local transport = support.transport()
    local client = support.offline(transport, { region = "ie1" })
    local failures = {
      { client.flex.flex_flows(FLEX_FLOW):fetch() }, { client.flex.flex_flows:list() },
      { client:request("GET", "/v1/FlexFlows", { service = "flex" }) },
    }
    for _, failure in ipairs(failures) do
      assert.is_nil(failure[1])
      assert.are.equal("argument", failure[2].kind)
      assert.is_false(failure[2].sent)
      assert.is_truthy(failure[2].message:find("us1", 1, true))
    end
    assert.are.equal(0, #transport.requests)
    assert.is_false((pcall(client.flex.flex_flows:each())))
  end)

  it("comes from the environment where the program says nothing", function()
    environment.TWILIO_REGION = "ie1"
    assert.are.equal("https://studio.dublin.ie1.twilio.com", (hosts()))
    environment.TWILIO_EDGE = "ashburn"
    assert.are.equal("https://studio.ashburn.ie1.twilio.com", (hosts()))
    assert.are.equal("https://studio.ashburn.au1.twilio.com", (hosts { region = "au1" }))
    environment.STUDIO_BASE_URL = "http://localhost:4010"
    assert.are.equal("http://localhost:4010", (hosts()))
    assert.are.equal("http://localhost:4011", (hosts { base_url = "http://localhost:4011" }))
    environment = { TWILIO_REGION = "", TWILIO_EDGE = "", STUDIO_BASE_URL = "" }
    assert.are.equal("https://studio.twilio.com", (hosts()))
  end)

  it("is the base_url for every service where there is one, whatever the region", function()
    for given, text in pairs {
      ["http://localhost:4010"] = "http://localhost:4010", ["http://localhost:4010/"] = "http://localhost:4010",
      ["HTTP://LocalHost:80"] = "http://localhost", ["https://proxy.example:443/"] = "https://proxy.example",
      ["https://proxy.example:8443"] = "https://proxy.example:8443", ["http://[::1]:8080"] = "http://[::1]:8080",
      ["http://192.0.2.1"] = "http://192.0.2.1",
    } do
      for _, region in ipairs { false, "ie1", "xx9" } do
        local studio_host, flex_host, err = hosts { base_url = given, region = region or nil }
        assert.is_nil(err)
        assert.are.equal(text, studio_host)
        assert.are.equal(text, flex_host)
      end
    end
  end)

  it("is no base_url that is anything but scheme, host and port", function()
    for _, bad in ipairs {
      "localhost:4010", "//localhost", "http:localhost", "ftp://localhost", "file:///etc/passwd", "http://", "http:///x",
      "http://localhost/v1",
      "http://localhost/?a=b", "http://localhost?a", "http://localhost#a",
      "http://user:secret-password@localhost", "http://user@localhost",
      "http://local host", "http://localhost\n", "http://localhost\r\nX: y", "http://localhost:99999999", "http://localhost:x", "nonsense",
      "http://localhost\\@evil.example",
    } do
      refused("base_url", { base_url = bad })
      local _, message = pcall(support.offline, support.transport(), { base_url = bad })
      assert.is_nil(message:find("secret-password", 1, true))
      assert.is_nil(message:find("%c"))
    end
    refused("base_url", { base_url = "" })
    refused("base_url", { base_url = 7 })
  end)

  it("takes pages of the canonical host and of its region, but of no other region", function()
    local transport = support.transport {
      status = 200, headers = { ["Content-Type"] = "application/json" }, body = '{"meta":{"key":"flows"},"flows":[]}',
    }
    local flows = support.offline(transport, { region = "ie1" }).v1.flows
    assert(flows:page_at("https://studio.twilio.com/v1/Flows?Page=1"))
    assert(flows:page_at("https://studio.dublin.ie1.twilio.com/v1/Flows?Page=2"))
    assert.is_nil((flows:page_at("https://studio.sydney.au1.twilio.com/v1/Flows?Page=3")))
    assert.is_nil((flows:page_at("https://studio.ie1.twilio.com/v1/Flows?Page=4")))
    assert.are.equal(2, #transport.requests)
    for index, request in ipairs(transport.requests) do
      assert.are.equal("https://studio.dublin.ie1.twilio.com/v1/Flows?Page=" .. index, request.url)
    end
  end)
end)
