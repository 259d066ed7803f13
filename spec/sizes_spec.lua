-- CONTRIBUTING.md says how wide a line and how long a file may be, and that each C function has a comment that says what it is for.
local FOLDERS = "lua csrc spec bench fuzz build-aux bin examples docs types *.md"

-- The paths of the files whose names end so; what is made from the tree, or came with the data of others, is not written by hand.
local function each_file(ending)
  local command = ("find %s -type f -name '*%s' -not -path 'docs/reference/*' -not -path 'spec/data/*' | LC_ALL=C sort"):format(
    FOLDERS, ending)
  local listing = assert(io.popen(command))
  local paths = {}
  for path in listing:lines() do paths[#paths + 1] = path end
  listing:close()
  assert(#paths > 0, ending)
  return ipairs(paths)
end

local function lines_of(path)
  local lines = {}
  for line in io.lines(path) do lines[#lines + 1] = line end
  return lines
end

-- In characters: those of UTF-8 begin with a byte that is not one of these.
local function width_of(line)
  local _, rest = line:gsub("[\128-\191]", "")
  return #line - rest
end

describe("Each line fits", function()
  for _, ending in ipairs { ".lua", ".c", ".h", ".js", ".css" } do
    it("into 140 columns, in *" .. ending, function()
      for _, path in each_file(ending) do
        for number, line in ipairs(lines_of(path)) do
          assert.is_true(width_of(line) <= 140, ("%s:%d has %d columns"):format(path, number, width_of(line)))
        end
      end
    end)
  end

  it("into 120 columns, in Markdown, but for tables and what programs print", function()
    for _, path in each_file ".md" do
      local is_code = false
      for number, line in ipairs(lines_of(path)) do
        if line:find "^%s*```" then is_code = not is_code end
        local is_free = is_code or line:find "^%s*|" ~= nil
        assert.is_true(is_free or width_of(line) <= 120, ("%s:%d has %d columns"):format(path, number, width_of(line)))
      end
    end
  end)
end)

describe("No file is longer", function()
  for folder, most in pairs { lua = 400, spec = 700, csrc = 600 } do
    it(("than %d lines, in %s/"):format(most, folder), function()
      for _, ending in ipairs { ".lua", ".c" } do
        for _, path in each_file(ending) do
          local count = path:find("^" .. folder .. "/") and #lines_of(path) or 0
          assert.is_true(count <= most, ("%s has %d lines"):format(path, count))
        end
      end
    end)
  end
end)

describe("Each function in C", function()
  -- The number of the line at which a definition begins whose body opens in this one.
  local function beginning(lines, number)
    repeat number = number - 1 until number == 0 or lines[number]:find "^%a"
    return number
  end

  it("that is static has a comment above it", function()
    local seen = 0
    for _, ending in ipairs { ".c", ".h" } do
      for _, path in each_file(ending) do
        local lines = lines_of(path)
        for number, line in ipairs(lines) do
          local first = path:find "^csrc/" and line == "{" and beginning(lines, number)
          if first and lines[first]:find "^static " then
            seen = seen + 1
            assert.truthy(lines[first - 1]:find "%*/$", ("%s:%d has none"):format(path, first))
          end
        end
      end
    end
    assert.is_true(seen > 200, ("%d functions were found"):format(seen))
  end)
end)
