--- The pictures of docs/command.md: what commands print on a terminal, against the local service as it begins. `make recordings` writes
-- them, a spec holds them to what the commands print today.
local cli = require "spec.cli"
local draw = require "generate.terminal_svg"

local FLOW = "FW00000000000000000000000000000001"

local recordings = {}

--- Each has a `name`, a `title`, `columns`, and `lines` as a shell reads them; `typed` is what is answered behind a prompt.
recordings.list = {
  { name = "command-lists", title = "Two lists, as tables", columns = 92, lines = {
    "studio flows list",
    "studio executions list " .. FLOW .. " --limit 3",
  } },
  { name = "command-check", title = "Findings in a definition, and what differs from the service", columns = 122, lines = {
    "sed 's/\"next\": \"too_late\"/\"next\": \"to_late\"/' examples/flows/order-bot.json | studio flows check -",
    "studio flows diff " .. FLOW .. " examples/flows/order-bot.json",
  } },
  { name = "command-conversation", title = "A conversation with the order bot", columns = 96, lines = {
    "studio flows run examples/flows/order-bot.json --http-stub 'GET */42 -> 200 {\"state\":\"sent\"}' --http-stub 'GET * -> 404'",
  }, prompt = "\n> ", typed = { "17", "42" } },
  { name = "command-test", title = "Transcripts that are tests", columns = 76, lines = { "studio flows test examples/flows" } },
  { name = "command-question", title = "What deletes asks", columns = 76, lines = { "studio flows delete " .. FLOW },
    prompt = "[y/N] ", typed = { "n" } },
}

-- A terminal shows what is typed, at once; here it is put behind the prompt that it answers.
local function with_answers(text, prompt, typed)
  local from = 1
  for _, answer in ipairs(typed or {}) do
    local _, last = text:find(prompt, from, true)
    assert(last, "there is no prompt for: " .. answer)
    text = text:sub(1, last) .. answer .. "\n" .. text:sub(last + 1)
    from = last + #answer + 1
  end
  return text
end

--- Runs the commands of one.
-- @tparam table recording
-- @tparam table folder of `spec.cli`
-- @tparam table service an emulator, as it begins
-- @treturn string SVG
function recordings.record(recording, folder, service)
  local parts = {}
  for _, line in ipairs(recording.lines) do
    local before, arguments = line:match "^(.-)studio (.*)$"
    local command = before .. cli.line(folder, arguments, { service = service, environment = {
      SHOP_URL = "https://shop.example", TASK_CHANNEL_SID = "TC" .. ("0"):rep(32), WORKFLOW_SID = "WW" .. ("0"):rep(32),
    } })
    local _, text = cli.on_terminal(folder, command, {
      columns = recording.columns, rows = 60, input = recording.typed and table.concat(recording.typed, "\n") .. "\n",
    })
    parts[#parts + 1] = ("\27[32m$\27[0m \27[1m%s\27[0m\n"):format(line)
    parts[#parts + 1] = with_answers(text, recording.prompt, recording.typed)
  end
  return draw(recording.title, table.concat(parts), recording.columns)
end

--- The file of one.
-- @tparam table recording
-- @treturn string path
function recordings.path(recording) return ("docs/pictures/%s.svg"):format(recording.name) end

return recordings
