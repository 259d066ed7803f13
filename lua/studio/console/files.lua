--- The files that the pages are made of: HTML, CSS and JavaScript beside this module.
-- @module studio.console.files

local files = {
  --- Their names. The scripts come in the order in which a page loads them.
  names = {
    "console.html", "report.css", "style.css", "base.js", "layout.js", "canvas.js", "panels.js", "page.js", "telephone.js", "console.js",
  },
}

local here = "studio/console/files.lua"
local directory
local texts = {}

local function can_read(name)
  local file = io.open(name, "rb")
  if file then file:close() end
  return file ~= nil
end

-- The folder of this module: that of its source, or, without the debug library, the one where Lua finds it.
local function find_directory()
  local source = debug and debug.getinfo(1, "S").source:match "^@(.*)files%.lua$"
  if source and can_read(source .. files.names[1]) then return source end
  for template in package.path:gmatch "[^;]+" do
    local name = template:gsub("%?", (here:gsub("%.lua$", "")))
    local found = name:match "^(.*)files%.lua$"
    if found and can_read(found .. files.names[1]) then return found end
  end
  return nil, "the files of studio.console are not beside its modules"
end

--- Reads one of them.
-- @tparam string name
-- @treturn ?string its text
-- @treturn string why it cannot be read
function files.read(name)
  if texts[name] then return texts[name] end
  local message
  if not directory then
    directory, message = find_directory()
    if not directory then return nil, message end
  end
  local file
  file, message = io.open(directory .. name, "rb")
  if not file then return nil, message end
  texts[name] = file:read "*a"
  file:close()
  return texts[name]
end

return files
