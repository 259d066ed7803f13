--- The services of the API and their versions: the one list of them.
local api = {}

--- Where each service is: `product` is the first label of its host `PRODUCT.twilio.com`.
api.services = {
  studio = { product = "studio" },
  flex = { product = "flex-api" },
  oauth = { product = "oauth", is_internal = true },
}

--- The versions that a client has at its top: the service and the path of each, and its collections by their names in Lua. Of a collection
-- only `name` (of one record) and `path` stand here; the rest is declared in the version's own file, which is loaded when it is needed.
api.versions = {
  v1 = {
    service = "studio", path = "/v1", collections = { flows = { name = "flow", path = "Flows" } },
    declarations = function() return require "studio.api.v1" end, -- late:
  },
  v2 = {
    service = "studio", path = "/v2", collections = { flows = { name = "flow", path = "Flows" } },
    declarations = function() return require "studio.api.v2" end, -- late:
  },
  flex = {
    service = "flex", path = "/v1", collections = { flex_flows = { name = "flex_flow", path = "FlexFlows" } },
    declarations = function() return require "studio.api.flex" end, -- late:
  },
}

return api
