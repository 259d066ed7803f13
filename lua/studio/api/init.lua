--- The services of the API and their versions: the one list of them.
local api = {}

--- Where each service is: `product` is the first label of its host `PRODUCT.twilio.com`.
api.services = {
  studio = { product = "studio" },
  flex = { product = "flex-api" },
  oauth = { product = "oauth", is_internal = true },
}

--- What a client has at its top: the service and the path of a version, and its collections by their names in Lua. `name` is what one
-- record is called, `path` the collection's own; the rest of it is declared in a file of the version's own.
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
