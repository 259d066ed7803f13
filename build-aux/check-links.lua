--- check-links FOLDER: every link of the site in FOLDER that leads into the site leads to a file of it, and to a place in that file; none
-- was left as Markdown. Links to other sites are not followed. Prints each that is wrong, and ends with 1.
local folder = arg[1]

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "*a"
  file:close()
  return text
end

local files, pages = {}, {}
local listing = assert(io.popen("cd '" .. folder .. "' && find . -type f | sed 's|^./||' | LC_ALL=C sort"))
for path in listing:lines() do
  files[path] = true
  if path:find "%.html$" then pages[#pages + 1] = path end
end
listing:close()

local texts, places = {}, {}
for _, page in ipairs(pages) do
  texts[page], places[page] = read(folder .. "/" .. page), { [""] = true }
  for place in texts[page]:gmatch "%f[%w]id%s*=%s*\"([^\"]*)\"" do places[page][place] = true end
  for place in texts[page]:gmatch "%f[%w]name%s*=%s*\"([^\"]*)\"" do places[page][place] = true end
end

local function unescape(text)
  return (text:gsub("&amp;", "&"):gsub("%%(%x%x)", function(digits) return string.char(tonumber(digits, 16)) end))
end

-- The path that a link leads to from a page, without `.` and `..`.
local function resolve(page, link)
  local parts = {}
  for part in ((page:match "^(.*/)[^/]*$" or "") .. link):gmatch "[^/]+" do
    if part == ".." then parts[#parts] = nil elseif part ~= "." then parts[#parts + 1] = part end
  end
  return table.concat(parts, "/")
end

local count, broken = 0, 0
for _, page in ipairs(pages) do
  local seen = {}
  for link in texts[page]:gmatch "%]%([%w_./-]+%.md[^)%s]*%)" do
    print(("%s: %s: is Markdown still"):format(page, link))
    broken = broken + 1
  end
  for _, attribute in ipairs { "href", "src" } do
    for link in texts[page]:gmatch("%f[%w]" .. attribute .. "%s*=%s*\"([^\"]*)\"") do
      if not link:find "^%a[%w+.-]*:" and not link:find "^//" and not seen[link] then
        seen[link], count = true, count + 1
        local path, place = unescape(link):match "^([^#?]*)[^#]*#?(.*)$"
        local target = path == "" and page or resolve(page, path)
        local problem = not files[target] and "there is no such file"
          or places[target] and not places[target][place] and "there is no such place in it"
        if problem then
          print(("%s: %s: %s"):format(page, link, problem))
          broken = broken + 1
        end
      end
    end
  end
end

print(("%d links of %d pages: %d lead nowhere"):format(count, #pages, broken))
os.exit(broken == 0 and 0 or 1)
