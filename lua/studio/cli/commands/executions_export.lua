--- `studio executions export FLOW --out FILE`, and the same of engagements.
local collections = require "studio.cli.collections"
local executions = require "studio.executions"
local progress = require "studio.cli.progress"

local spec = { columns = { "executions", "steps", "bytes" } }

--- Writes them.
-- @tparam string group
local function export(group)
  return {
    examples = {
      ("studio %s export FWxxxx --out runs.jsonl --steps --context"):format(group),
      ("studio %s export FWxxxx --from 2026-11-01 --format csv > runs.csv"):format(group),
    },
    describe = function(parser, add)
      collections.describe(parser, group)
      parser:option("--out", "The file to write; begun again after a kill it goes on where it stopped. - or nothing for stdout.")
        :argname "FILE"
      parser:option("--format", "jsonl (unless given) or csv."):choices { "jsonl", "csv" }:argname "FORMAT"
      parser:option("--from", "Only those created at or after this date."):argname "DATE"
      parser:option("--to", "Only those created before this date."):argname "DATE"
      parser:option("--status", "active or ended."):choices { "active", "ended" }:argname "STATUS"
      parser:flag("--steps", "With the steps of each.")
      parser:flag("--context", "With the context of each.")
      parser:flag("--step-contexts", "With the steps, and the context of each step.")
      parser:option("--concurrency", "How many at a time (8)."):argname("N"):convert(add.whole("--concurrency", 1))
      parser:option("--rate", "Requests a second at most."):argname("N"):convert(add.whole("--rate", 1))
      parser:flag("--no-resume", "Begins anew, whatever is there.")
      add.connection()
      add.form()
    end,
    run = function(context, arguments)
      local out = context:out()
      local tell, clear = context:progress(group)
      local unwritten
      local function write(piece)
        local is_written, failure = pcall(out.write, out, piece)
        if is_written then return true end
        unwritten = failure
        return nil, tostring(failure)
      end
      local path = arguments.out ~= "-" and arguments.out or nil
      local watch = path and progress.watch_interrupts(context, context:client())
      local done, err = executions.export(collections.of(context:client(), arguments, group), {
        out = path or write, interruptible = path ~= nil,
        format = arguments.format, from = arguments.from, to = arguments.to, status = arguments.status, steps = arguments.steps,
        context = arguments.context, step_contexts = arguments.step_contexts, concurrency = arguments.concurrency, rate = arguments.rate,
        resume = arguments.no_resume and false or nil, on_progress = tell,
      })
      if watch then watch:cancel() end
      clear()
      if not done then return nil, unwritten or err end
      if path and arguments.output == "json" then out:record(done, spec) end
      context:note("%d %s, %d steps, %d bytes%s", done.executions, group, done.steps, done.bytes,
        done.stopped and "; the same command goes on from here" or "")
      return done.stopped and 130 or 0
    end,
  }
end

return export
