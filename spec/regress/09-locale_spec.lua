-- Seen: under `os.setlocale "tr_TR.utf8"` reserved headers in capitals passed, and so did retired hosts and origins, for string.lower
-- leaves "I" as it is there; under a comma locale `studio.timestamp` raised on fractions in Lua 5.1 and 5.2; keys of indented JSON followed
-- strcoll; templates wrote 2,5, sorted and compared by strcoll and changed the case of letters as the locale does,
-- a campaign's journal wrote a comma into its SQL, and what Liquid in one widget has wrong was told in the order of strcoll; fractions had
-- a comma among the variables of a definition, in comparisons, findings, conditions, headers, transcripts and on the page of a campaign;
-- under one of eight bits letters such as "ğ" and "Ü" were torn, for their second byte is a control character there; the seconds of a
-- time-out had a comma.
local child = require "spec.child"

local quote = child.quote

-- Turkish in eight bits has letters beyond ASCII for %a, German writes a comma, Persian two bytes.
local locales = {
  { "tr_TR.utf8", "tr_TR", "UTF-8" }, { "tr_TR.iso88599", "tr_TR", "ISO-8859-9" }, { "de_DE.utf8", "de_DE", "UTF-8" },
  { "fa_IR.utf8", "fa_IR", "UTF-8" },
}

-- What of the suite knows letters, order and numbers. The writer's comes first: it meets a whole collection at each allocation, which takes
-- ten times as long with all that the others leave in memory.
local specs = {
  "spec/regress/27-json_writer_spec.lua", "spec/json_spec.lua", "spec/encode_spec.lua", "spec/timestamp_spec.lua", "spec/region_spec.lua",
  "spec/misuse_spec.lua", "spec/regress/10-raw_encode_spec.lua",
}

describe("Under another locale", function()
  local directory, missing = (os.getenv "STUDIO_OUT" or "build") .. "/locales", nil

  -- Each is compiled once, by whoever comes first. Two interpreters that come together begin at the two ends of the list.
  setup(function()
    for index = 1, #locales do
      local locale = locales[rawget(_G, "jit") and #locales + 1 - index or index]
      local output = child.shell(([[
        dir=%s name=%s made=$dir/$name.made
        [ -e "$dir/$name" ] && exit
        mkdir -p "$dir" && exec 9>"$dir/$name.lock" && flock 9
        [ -e "$dir/$name" ] && exit
        rm -rf "$made"
        localedef --no-archive -i %s -f %s "$made" && mv -T "$made" "$dir/$name"
        [ -e "$dir/$name" ] || echo missing]]):format(quote(directory), locale[1], locale[2], locale[3]))
      missing = missing or output:find("missing", 1, true) and output
    end
  end)

  local function run(words)
    return child.shell(('env LOCPATH="$(cd %s && pwd)" %s'):format(quote(directory), words))
  end

  for _, locale in ipairs(locales) do
    local name = locale[1]
    it("the library does the same: " .. name, function()
      if missing then return pending("localedef and the sources of locales (Debian: locales) are needed: " .. missing) end
      assert.are.equal("done\n", run(("%s spec/locale/calls.lua %s"):format(child.interpreter(), name)))
    end)

    it("flows do the same with fractions: " .. name, function()
      if missing then return pending("localedef and the sources of locales (Debian: locales) are needed: " .. missing) end
      assert.are.equal("done\n", run(("%s spec/locale/fractions.lua %s"):format(child.interpreter(), name)))
    end)
  end

  for _, name in ipairs { "tr_TR.utf8", "de_DE.utf8" } do
    it("the core's specs pass: " .. name, function()
      if missing then return pending("localedef and the sources of locales (Debian: locales) are needed: " .. missing) end
      local output = run(("STUDIO_LOCALE=%s %s $(command -v busted) --helper=spec/locale/helper.lua --output=plainTerminal %s"):format(
        name, child.interpreter(), table.concat(specs, " ")))
      assert.truthy(output:find("%d+ successes / 0 failures / 0 errors"), output:sub(-3000))
    end)
  end
end)
