--- Writes what is made from the tree: types/studio.lua, docs/reference, share, the tree in the README, the hashes of the console's files.
-- `make generate` runs it from the top folder; with a folder as argument it writes there instead.
package.path = "build-aux/?.lua;" .. package.path
local annotations = require "generate.annotations"
local commands = require "generate.commands"
local hashes = require "generate.hashes"
local model = require "generate.model"
local reference = require "generate.reference"

local target = arg[1] or "."

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "*a"
  file:close()
  return text
end

-- Collects lines from write(out) and makes a file of them.
local function collect(write)
  local lines = {}
  write(function(format, ...) lines[#lines + 1] = select("#", ...) > 0 and format:format(...) or format end)
  return table.concat(lines, "\n") .. "\n"
end

local function save(path, text)
  os.execute("mkdir -p '" .. (target .. "/" .. path):match "^(.*)/" .. "'")
  local file = assert(io.open(target .. "/" .. path, "wb"))
  file:write(text)
  file:close()
end

save("lua/studio/console/hashes.lua", hashes())

local preamble = read "build-aux/generate/annotations.txt"
save("types/studio.lua", collect(function(out) annotations(out, preamble) end))
for _, version in ipairs(model.versions) do
  save("docs/reference/" .. version .. ".md", collect(function(out) reference.page(out, version) end))
end

for path, write in pairs(commands) do save(path, collect(write)) end

local readme = read "README.md"
local before, after = readme:match "^(.-<!%-%- tree %-%->\n).-(<!%-%- end of tree %-%->.*)$"
if before then save("README.md", before .. collect(reference.tree) .. after) end
