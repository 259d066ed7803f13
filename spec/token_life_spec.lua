--- How long an OAuth token is good for.
local core = require "studio.core"
local support = require "spec.support"

local token_life = require("studio.request.oauth").token_life

local function jwt(claims)
  local payload = core.base64(claims):gsub("+", "-"):gsub("/", "_"):gsub("=", "")
  return "eyJhbGciOiJub25lIn0." .. payload .. ".c2lnbmF0dXJl"
end

describe("An OAuth token", function()
  it("is good for as long as the endpoint says", function()
    assert.are.equal(120, token_life { access_token = "abc", expires_in = 120 })
    assert.are.equal(120, token_life { access_token = "abc", expires_in = "120" })
    assert.are.equal(120, token_life { access_token = jwt '{"iat":1000,"exp":5000}', expires_in = 120 })
  end)

  it("is good for as long as it says itself where the endpoint says nothing, by the clock that it was made by", function()
    for pad = 0, 4 do
      assert.are.equal(4000, token_life { access_token = jwt(('{"iat":1000,"exp":5000,"x":"%s>?"}'):format(("ü"):rep(pad))) })
    end
    local life = token_life { access_token = jwt(('{"exp":%d}'):format(os.time() + 900)) }
    assert.is_true(life > 800 and life <= 900)
  end)

  it("is good for an hour where neither says, or what is said makes no sense", function()
    for _, answer in ipairs {
      { access_token = "abc" }, { access_token = "a.b.c" }, { access_token = "a.!.c" }, { access_token = jwt "{" },
      { access_token = jwt "7" },
      { access_token = jwt '{"exp":"soon"}' }, { access_token = "abc", expires_in = "never" },
      { access_token = "abc", expires_in = {} }, { access_token = "a..c" }, { access_token = "..." },
    } do
      assert.are.equal(3600, token_life(answer))
    end
  end)

  it("that has expired already is not used again", function()
    for _, answer in ipairs {
      { access_token = jwt '{"iat":5,"exp":4}' }, { access_token = jwt '{"exp":1}' }, { access_token = "abc", expires_in = 0 },
      { access_token = "abc", expires_in = -5 },
    } do
      assert.is_true(token_life(answer) <= 0)
    end
  end)

  it("that says how long is renewed 60 seconds before that", function()
    local fetched = 0
    local life = 61
    local transport = support.transport(function(request)
      local body = "{}"
      if request.url:find("/v2/token", 1, true) then
        fetched = fetched + 1
        body = '{"access_token":"' .. jwt(('{"iat":1000,"exp":%d}'):format(1000 + life)) .. '"}'
      end
      return { status = 200, headers = { ["Content-Type"] = "application/json" }, body = body }
    end)
    local client = require("studio").new { oauth = { client_id = "OQ1", client_secret = "secret-of-a-client" }, transport = transport }
    local flow = client.v1.flows("FW" .. ("1"):rep(32))
    local now = core.now
    assert(flow:fetch())
    assert(flow:fetch())
    assert.are.equal(1, fetched)
    local started = now()
    repeat until now() > started + 1.1
    assert(flow:fetch())
    assert.are.equal(2, fetched)
  end)
end)
