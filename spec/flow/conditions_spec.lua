local conditions = require "studio.flow.conditions"

local function holds(kind, value, input)
  local result, problem = conditions.holds({ type = kind, value = value }, input)
  if problem then error(tostring(problem), 2) end
  return result
end

-- Operator, value, inputs that fulfil it, inputs that do not.
local cases = {
  { "equal_to", "Yes", { "yes", " YES ", "Yes\n" }, { "yes!", "", "y es" } },
  { "equal_to", " ja ", { "JA" }, { "j a" } },
  { "equal_to", "Größe", { "GRÖßE" }, { "Grösse" } },
  { "not_equal_to", "yes", { "no", "" }, { " Yes " } },
  { "matches_any_of", "1, one,Uno ", { "1", "ONE ", "uno" }, { "2", "1, one", "on", "" } },
  { "matches_any_of", "", { "", "  " }, { "a" } },
  { "does_not_match_any_of", "a,b", { "c", "" }, { "A", " b" } },
  { "is_blank", "Is Blank", { "", " \n\t " }, { "x", "Is Blank" } },
  { "is_not_blank", "Is Not Blank", { "x", "0" }, { "", "  " } },
  { "contains", "A", { "aab", "A", " xa " }, { "b", "" } },
  { "contains", "%d+ .", { "a%D+ .b" }, { "12 x" } },
  { "does_not_contain", "a", { "b", "" }, { "bAb" } },
  { "starts_with", "hoo", { " Hoot", "HOO" }, { "shoo", "ho" } },
  { "does_not_start_with", "hoo", { "shoo", "" }, { " Hoot" } },
  { "less_than", "7", { "6", " 6.9 ", "-8" }, { "7", "8", "six", "" } },
  { "greater_than", "7", { "8", "7.01", "1e3" }, { "7", "6", "eight", "" } },
  { "greater_than", "seven", {}, { "8" } },
  { "is_before_time", "09:30", { "09:29", " 00:00 " }, { "09:30", "10:00", "9:00", "24:00", "noon", "" } },
  { "is_after_time", "17:00", { "17:01", "23:59" }, { "17:00", "08:00", "17:60" } },
  { "is_before_date", "2026-03-01", { "2026-02-28", "2025-12-31" }, { "2026-03-01", "2026-02-30", "soon", "26-01-01" } },
  { "is_after_date", "2026-03-01",
    { "2026-03-02", "2026-03-02T12:00:00Z", "March 5, 2026" }, { "2026-03-01", "2026-03-02T01:00:00Z", "" } },
}

describe("a condition", function()
  it("holds or does not, as its operator says", function()
    for _, case in ipairs(cases) do
      for _, input in ipairs(case[3]) do
        assert(holds(case[1], case[2], input), ("%s '%s' must hold for '%s'"):format(case[1], case[2], input))
      end
      for _, input in ipairs(case[4]) do
        local held = holds(case[1], case[2], input)
        assert(not held, ("%s '%s' must not hold for '%s'"):format(case[1], case[2], input))
      end
    end
  end)

  it("is one of seventeen operators", function()
    local count, tested = 0, { regex = true }
    for _, case in ipairs(cases) do tested[case[1]] = true end
    for name, operator in pairs(conditions.operators) do
      count = count + 1
      assert(tested[name], name)
      assert.equal(name ~= "is_blank" and name ~= "is_not_blank", operator.needs_value)
    end
    assert.equal(17, count)
  end)

  it("tests the rendered value where one is given", function()
    assert.is_true(conditions.holds({ type = "equal_to", value = "{{ a }}" }, "x", "X"))
    assert.is_false(conditions.holds({ type = "equal_to", value = "{{ a }}" }, "{{ a }}", "X"))
  end)

  it("of an unknown operator is a problem", function()
    local result, problem = conditions.holds({ type = "equals", value = "x" }, "x")
    assert.is_nil(result)
    assert.equal("unknown operator 'equals'", tostring(problem))
  end)

  it("is checked for a value that can never fulfil it", function()
    local time, date = "it is written HH:MM, 24 hours, with leading zeros", "it is written YYYY-MM-DD, with leading zeros"
    assert.equal("'seven' is no number: the condition is never true", tostring(conditions.check("less_than", "seven")))
    assert.equal("'9:30' is no time: " .. time, tostring(conditions.check("is_after_time", "9:30")))
    assert.equal("'24:00' is no time: " .. time, tostring(conditions.check("is_before_time", "24:00")))
    assert.equal("'2026-02-30' is no date: " .. date, tostring(conditions.check("is_before_date", "2026-02-30")))
    for _, right in ipairs {
      { "less_than", " 7.5 " }, { "is_after_time", "09:30" }, { "is_before_date", "2026-02-28" }, { "equal_to", "" }, { "contains", "(" },
    } do
      assert.is_nil(conditions.check(right[1], right[2]))
    end
  end)
end)

describe("a regular expression", function()
  local function with_engine(run)
    return function()
      if not conditions.engine() then return pending "lrexlib is not installed: apt-get install lua-rex-pcre2" end
      run()
    end
  end

  it("fits the whole text, whatever the case of its letters", with_engine(function()
    assert.is_true(holds("regex", "[a-c]+", "ABC"))
    assert.is_true(holds("regex", "\\d{5}", " 12345\n"))
    assert.is_false(holds("regex", "\\d{5}", "123456"))
    assert.is_false(holds("regex", "a|b", "ab"))
    assert.is_true(holds("regex", "a|ab", "AB"))
    assert.is_true(holds("regex", "^yes$", "Yes"))
    assert.is_true(holds("regex", "größe", "GRÖßE"))
    assert.is_true(holds("regex", "", ""))
  end))

  it("looks ahead", with_engine(function()
    assert.is_true(holds("regex", "^(?=.*blocked)(?=.*Policy).*", "our policy: you are BLOCKED"))
    assert.is_false(holds("regex", "^(?=.*blocked)(?=.*Policy).*", "blocked"))
  end))

  it("that does not compile is a problem", with_engine(function()
    for _, pattern in ipairs { "(", "a)|(b", "[", "*", "a{2,1}", "\\" } do
      local result, problem = conditions.holds({ type = "regex", value = pattern }, "a")
      assert.is_nil(result)
      assert(tostring(problem):find("does not compile", 1, true), pattern)
      assert(conditions.check("regex", pattern))
    end
    assert.is_nil(conditions.check("regex", "^(?=.*a).*$"))
  end))

  it("that takes too long, or a text that is no UTF-8, is a problem", with_engine(function()
    for _, case in ipairs { { "(a+)+$", ("a"):rep(40) .. "b" }, { "a", "\255" } } do
      local result, problem = conditions.holds({ type = "regex", value = case[1] }, case[2])
      assert(result == false or result == nil and tostring(problem):find "regular expression")
    end
  end))

  it("needs lrexlib, and says how it is installed", function()
    local loaded, searched = {}, {}
    for _, name in ipairs { "rex_pcre2", "rex_pcre", "studio.flow.conditions" } do
      loaded[name], package.loaded[name] = package.loaded[name], nil
    end
    for _, name in ipairs { "rex_pcre2", "rex_pcre" } do
      searched[name], package.preload[name] = package.preload[name], function() error "not here" end
    end
    local without = require "studio.flow.conditions"
    local result, problem = without.holds({ type = "regex", value = "a" }, "a")
    local check = without.check("regex", "(")
    for _, name in ipairs { "rex_pcre2", "rex_pcre" } do package.preload[name] = searched[name] end
    for _, name in ipairs { "rex_pcre2", "rex_pcre", "studio.flow.conditions" } do package.loaded[name] = loaded[name] end
    assert.is_nil(result)
    assert.equal("regular expressions need lrexlib: install Debian's lua-rex-pcre2, or the rock lrexlib-pcre2", tostring(problem))
    assert.is_nil(check)
  end)
end)
