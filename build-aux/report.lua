-- Output handler of busted for `make test`: one line per spec file, every failure in full where it
-- happens, and a record of each test in the file named by STUDIO_REPORT. The record is written as
-- the tests run, so that a run that dies still tells how far it came.

local new_base = require "busted.outputHandlers.base"

return function(options)
  local busted = require "busted"
  local base = new_base()
  local record = assert(io.open(os.getenv("STUDIO_REPORT") or "/dev/null", "a"))
  local file, problem

  local function note(word, name)
    record:write(word, " ", (tostring(name or ""):gsub("%s+", " ")), "\n")
    record:flush()
  end

  local function say(...)
    io.stdout:write(...)
    io.stdout:flush()
  end

  local function full_name(element)
    return (file and file.name .. ": " or "") .. base.getFullName(element)
  end

  local function describe_failure(kind, element, message, trace)
    local text = "  " .. kind .. ": " .. base.getFullName(element) .. "\n" .. tostring(message or "no message")
    problem = full_name(element) .. ": " .. tostring(message or "no message"):sub(1, 300)
    if options.verbose and trace and trace.traceback then
      text = text .. "\n" .. trace.traceback
    end
    say((text:gsub("\n", "\n    ")), "\n")
  end

  local function on_file_start(element)
    file = { name = element.name, passed = 0, failed = 0, skipped = 0 }
    return nil, true
  end

  local function on_file_end(element)
    if file then
      local counts = file.passed .. " passed"
      if file.failed > 0 then
        counts = counts .. ", " .. file.failed .. " failed"
      end
      if file.skipped > 0 then
        counts = counts .. ", " .. file.skipped .. " skipped"
      end
      say(("%-40s %s (%.1f s)\n"):format(file.name, counts, element.duration or 0))
    end
    file = nil
    return nil, true
  end

  local function count(outcome, name)
    note(outcome, name)
    if file then
      file[outcome] = file[outcome] + 1
    end
  end

  local function on_test_start(element)
    problem = nil
    note("running", full_name(element))
    return nil, true
  end

  local function on_test_end(element, _, status)
    if status == "success" then
      count("passed")
    elseif status == "pending" then
      count("skipped")
      say("  skipped: ", base.getFullName(element), "\n")
    else
      count("failed", problem or full_name(element))
    end
    return nil, true
  end

  -- A test tells how it ended in on_test_end; what goes wrong around tests (a file that does not
  -- load, a setup, a teardown) is told here alone, and is one failure.
  local function on_failure(kind)
    return function(element, _, message, trace)
      describe_failure(kind, element, message, trace)
      if element.descriptor ~= "it" then
        count("failed", problem)
      end
      return nil, true
    end
  end

  local function on_suite_end()
    note("end")
    record:close()
    return nil, true
  end

  function base.subscribe()
    busted.subscribe({ "file", "start" }, on_file_start)
    busted.subscribe({ "file", "end" }, on_file_end)
    busted.subscribe({ "test", "start" }, on_test_start)
    busted.subscribe({ "test", "end" }, on_test_end)
    busted.subscribe({ "failure" }, on_failure("failed"))
    busted.subscribe({ "error" }, on_failure("error"))
    busted.subscribe({ "suite", "end" }, on_suite_end)
  end

  return base
end
