--- Twilio's regions and edges: the names that are valid, and what to write instead of names that Twilio has retired. A module of its own,
-- for most programs name none.
local ascii = require "studio.base.ascii"
local errors = require "studio.base.errors"
local options_module = require "studio.base.options"

local misuse = errors.misuse

local regions = {}

-- The edge that Twilio documents for each processing region. Of the hosts that name a region alone only that of us1 exists.
local region_edges = { us1 = false, ie1 = "dublin", au1 = "sydney" }

-- Retired names that stand for a region and an edge together: the edge of each, and of each edge the region.
local edge_of = {
  us1 = "ashburn", us2 = "umatilla", ie1 = "dublin", de1 = "frankfurt", au1 = "sydney", br1 = "sao-paulo", jp1 = "tokyo",
  sg1 = "singapore",
}
local region_of = { dublin = "ie1", sydney = "au1", tokyo = "jp1" }
for _, edge in pairs(edge_of) do region_of[edge] = region_of[edge] or "us1" end

-- Retired names of the nearest edge, which requests without an edge find anyway.
local nearest = { roaming = true, gll = true }

-- Retired names of edges that are no regions: what is sent there is carried out in us1.
local only_edges = { us2 = true, de1 = true, br1 = true, sg1 = true }

-- How messages speak of an option: as one, or as the variable of the environment that it was taken from.
-- @tparam table options
-- @tparam string name
-- @treturn table `subject` and `name`, two ways to name it, and `write(other, value)`, how to give another option a value
local function words_for(options, name)
  local variable, subject = options.variables and options.variables[name], options_module.place(options, name)
  if not variable then
    return {
      subject = subject, name = ("'%s'"):format(name),
      write = function(other, value) return ("%s = '%s'"):format(other, value) end,
    }
  end
  return {
    subject = subject, name = variable,
    write = function(other, value) return ("TWILIO_%s=%s"):format(ascii.upper(other), value) end,
  }
end

-- No name is longer. A longer text may be a secret in the wrong place, and is not shown.
local LONGEST_NAME = 20

local function check_label(value, name, words)
  if value and (#value > LONGEST_NAME or not value:find("^[a-z][a-z0-9]*%-?[a-z0-9]+$")) then
    misuse("%s must be a short lower-case name such as '%s', got %s", words.subject, name == "region" and "ie1" or "dublin",
      #value > LONGEST_NAME and #value .. " characters" or ("'%s'"):format(value))
  end
end

local function check_nearest(value, words)
  if nearest[value] then
    misuse("%s: '%s' has no host of its own: leave %s out, requests find the nearest edge by themselves", words.subject, value, words.name)
  end
end

local function check_region(region, edge, words)
  if not region then return end
  check_label(region, "region", words)
  check_nearest(region, words)
  if region_of[region] then
    misuse("%s: '%s' is an edge: write %s", words.subject, region, words.write("region", region_of[region]))
  end
  if edge or region_edges[region] ~= nil then return end
  if only_edges[region] then
    misuse("%s: '%s' was the old name of an edge, and requests to it were carried out in us1: leave %s out, or write %s",
      words.subject, region, words.name, words.write("edge", edge_of[region]))
  end
  misuse("%s: the edge of '%s' is not known, and the hosts that named a region alone are gone: give 'edge' too, such as %s",
    words.subject, region, words.write("edge", edge_of[region] or "dublin"))
end

local function check_edge(edge, words)
  if not edge then return end
  check_label(edge, "edge", words)
  check_nearest(edge, words)
  if edge_of[edge] then misuse("%s: '%s' is the name of a region: write %s", words.subject, edge, words.write("edge", edge_of[edge])) end
end

--- Reads a host of Twilio's: product.twilio.com, product.region.twilio.com or product.edge.region.twilio.com.
local function labels_of(host)
  local prefix = host:gsub("%.$", ""):match("^([A-Za-z0-9.-]+)%.twilio%.com$")
  if not prefix then return nil end
  local labels = {}
  for label in (prefix .. "."):gmatch("([^.]*)%.") do labels[#labels + 1] = label end
  if #labels == 2 then return labels[1], nil, labels[2] end
  return labels[1], labels[2], labels[3]
end

--- Refuses a host that names a region alone, other than us1: Twilio has retired those.
-- @tparam string host
-- @tparam table options of the client, one of which gave the host: `base_url`
function regions.refuse_retired(host, options)
  local words = words_for(options, "base_url")
  local product, edge, region = labels_of(host)
  if not region or edge or region == "us1" then return end
  local instead = ("leave %s out (the host is then %s.twilio.com)"):format(words.name, product)
  if region_edges[region] then
    instead = ("write %s instead (the host is then %s.%s.%s.twilio.com)")
      :format(words.write("region", region), product, region_edges[region], region)
  elseif not only_edges[region] and not nearest[region] then
    instead = ("give 'region' and 'edge' instead (the host is then %s.<edge>.%s.twilio.com)"):format(product, region)
  end
  misuse("%s: %s is retired: %s", words.subject, host, instead)
end

--- Checks the options `region` and `edge` of a client.
-- @tparam table options misuse raises
-- @treturn string|nil the edge: the one that is given, or the region's own
function regions.check(options)
  local region, edge = options.region, options.edge
  check_region(region, edge, words_for(options, "region"))
  check_edge(edge, words_for(options, "edge"))
  return edge or region_edges[region] or nil
end

--- Checks that the options `region` and `edge` are names at all, where they have no say.
-- @tparam table options misuse raises
function regions.check_names(options)
  check_label(options.region, "region", words_for(options, "region"))
  check_label(options.edge, "edge", words_for(options, "edge"))
end

regions.labels_of = labels_of

return regions
