-- What a program does in a client's life: see host.c. The service is at STUDIO_BASE_URL, its certificate in STUDIO_CA_FILE.
local FLOW = "FW00000000000000000000000000000001"

local studio, create

local function prepare()
  studio = require "studio"
  -- A contact of its own for each run: one that a run left behind would be in the way.
  create = math.floor(require("studio.core").random() * 1e9) * 10
  return studio
end

local function run()
  local client = studio.new {
    timeout = 5, retry = false, ca_file = os.getenv("STUDIO_CA_FILE"), on_event = function() end,
  }
  local flow = client.v1.flows(FLOW)
  assert(flow:fetch())
  local engagements = assert(flow.engagements:list { page_size = 3, limit = 7 })
  assert(#engagements == 7)
  create = create + 1
  local made = assert(flow.engagements:create { to = ("+1%.0f"):format(create), from = "+15017122661", parameters = { a = { 1, "x" } } })
  assert(made:delete())
  local gone, err = made:fetch()
  assert(gone == nil and err.kind == "http" and err.status == 404 and tostring(err))
  local raw = assert(client:request("GET", "/v2/Flows", { query = { PageSize = 1 }, headers = { ["X-Test"] = "1" } }))
  assert(raw.status == 200 and raw.headers["content-type"] and raw.body.meta)
  local page = assert(client.v2.flows:page { page_size = 1 })
  assert(page:next())
  assert(client:pollfd() and client:timeout() == nil or client:timeout() >= 0)
  client:step(0)
  client:close()
end

return run, prepare
