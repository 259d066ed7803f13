--- How often the collector comes, said in each Lua's own words.
local collecting = {}

local has_parameters = pcall(collectgarbage, "param", "pause") -- Lua 5.5
local is_set_by_mode = _VERSION == "Lua 5.4"
local usual = {}

--- From here on a whole collection comes whenever the collector is asked for a step: with nearly every allocation.
function collecting.often()
  if has_parameters then
    collectgarbage "incremental"
    for name, value in pairs { pause = 0, stepmul = 0, stepsize = 1 } do
      local last = collectgarbage("param", name, value)
      usual[name] = usual[name] or last
    end
  else
    collectgarbage("setpause", 0)
    if is_set_by_mode then collectgarbage("incremental", 0, 0, 40) else collectgarbage("setstepmul", 1000000) end
  end
end

--- From here on it comes as it does in other programs.
function collecting.as_usual()
  if has_parameters then
    for name, value in pairs(usual) do collectgarbage("param", name, value) end
  else
    collectgarbage("setpause", 200)
    if is_set_by_mode then collectgarbage("incremental", 0, 0, 13) else collectgarbage("setstepmul", 200) end
  end
end

return collecting
