-- The order bot as the service runs it: a busted spec with the local service. Run it from the folder above `examples`:
--
--     busted --lua=lua5.4 examples/flows/order_bot_spec.lua
local emulator = require "studio.emulator"
local flow = require "studio.flow"
local studio = require "studio"

local contact, shop = "+15550001111", "+15550002222"

describe("The order bot", function()
  local service, client, sid

  setup(function()
    service = assert(emulator.start {
      http = {
        ["GET https://shop.example/orders/42"] = { status = 200, body = { state = "sent" } },
        ["GET https://shop.example/orders/*"] = { status = 404 },
      },
    })
    client = studio.new { base_url = service.base_url, account_sid = service.account_sid, auth_token = service.auth_token }
    local definition = assert(flow.read("examples/flows/order-bot.json", { variables = dofile "examples/flows/settings.lua" }))
    sid = assert(flow.deploy(client, definition, { friendly_name = "Order bot" })).flow.sid
  end)

  teardown(function()
    client:close()
    service:stop()
  end)

  -- What the contact got, newest last.
  local function last_text(run)
    return run.output[#run.output].text
  end

  it("tells where an order is", function()
    assert(service:message { from = contact, to = shop, body = "Hi", flow = sid })
    local run = assert(service:message { from = contact, to = shop, body = "42" })
    assert.are.equal("Order 42: sent.", last_text(run))
    assert.are.equal("ended", run.status)

    local steps = assert(client.v2.flows(sid).executions(run.sid).steps:list())
    assert.are.equal("tell", steps[1].transitioned_from)
  end)

  it("asks again when there is no such order", function()
    assert(service:message { from = contact, to = shop, body = "Hi", flow = sid })
    local run = assert(service:message { from = contact, to = shop, body = "17" })
    assert.are.equal("ask", run.waiting.widget)
    assert.are.equal(0, #run.problems)
  end)

  it("gives up after an hour", function()
    assert(service:advance(3600))
    local run = assert(service:message { from = contact, to = shop, body = "Hi", flow = sid })
    assert.is_truthy(last_text(run):find "^Welcome")
  end)
end)
