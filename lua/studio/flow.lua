--- Flow definitions as code: check, compare, draw, run, test and deploy them.
--
-- A definition is a Lua table as `studio.decode` gives it, or JSON text. Nothing here but @{deploy} and @{rollback} needs a client, an
-- account or the network. Misuse raises at the caller's line; what depends on data is `nil, err`.
-- @module studio.flow
local names = require "studio.base.names"

-- Each function is loaded when it is first asked for, so that a program pays for what it uses.
local doors = {
  --- Reads the definition in a file.
  --
  -- `${NAME}` within JSON texts is replaced by the value of that name; `$${` stands for `${`.
  -- @function read
  -- @tparam string path of a file with JSON
  -- @tparam[opt] table options `variables`: name → string, number or boolean; without them the environment is asked
  -- @treturn[1] table the definition
  -- @treturn[2] nil
  -- @treturn[2] table an error of kind `"argument"`: the file cannot be read, it is not JSON, or names have no value (all of them are told)
  read = function() return require "studio.flow.read" end, -- late: by what is asked for

  --- Checks a definition: what the service would refuse, what cannot work, and what is legal and probably wrong.
  -- @function check
  -- @tparam table|string definition; whatever it holds, JSON or not, the answer is findings, never an error
  -- @tparam[opt] table options `flows`: flow SID → definition (table or JSON text), for the rules about sub-flows
  -- @treturn {table,...} findings in the order of the states, empty when there are none: `level` (`"error"`, `"warning"` or `"note"`),
  -- `rule` (a name in @{rules}), `widget` (a name; nil for the flow as a whole), `path` (JSON Pointer, counted from 0) and `message`;
  -- `tostring` of a finding is one line
  check = function() return require "studio.flow.check" end, -- late: by what is asked for

  --- The rules of @{check}: name → `{ level, sentence }`.
  -- @table rules
  rules = function() return require("studio.flow.rules").by_name end, -- late: by what is asked for

  --- Compares two definitions by what they mean. Places on the canvas, the order of states and of events, keys in another order, and the
  -- ways to say that nothing follows are no difference.
  -- @function diff
  -- @tparam table|string old
  -- @tparam table|string new
  -- @treturn[1] {table,...} changes, empty when both mean the same: `op` (`"add"`, `"remove"`, `"change"` or `"rename"`), `widget` and its
  -- `type` (nil for the flow as a whole), `path` (JSON Pointer with the widget's name where its number would be), `from`, `to` and `note`
  -- (why it may mean nothing, where that is so); `tostring` of the array is text for people
  -- @treturn[2] nil
  -- @treturn[2] table an error of kind `"argument"`: a text is not JSON
  diff = function() return require "studio.flow.diff" end, -- late: by what is asked for

  --- Draws a definition.
  -- @function graph
  -- @tparam table|string definition
  -- @tparam[opt] table options `format`: `"dot"` (the default) or `"mermaid"`; `steps`: Step resources or `run.steps`, in any order: the
  -- path they took stands out, its edges counted; `changes`: what @{diff} gave, this definition being the new one: what was added,
  -- changed and removed stands out
  -- @treturn[1] string
  -- @treturn[2] nil
  -- @treturn[2] table an error of kind `"argument"`: an unknown format, or a text that is not JSON
  graph = function() return require "studio.flow.graph" end, -- late: by what is asked for

  --- Shows a definition in one HTML file that needs no server and no network: widgets and transitions to pan, zoom and search, what
  -- @{check} finds, and, where they are given, a path with its contexts or a comparison.
  -- @function page
  -- @tparam table|string definition
  -- @tparam[opt] table options `steps`: Step resources or `run.steps`, whose path is shown, with what each step added where it has a
  -- `context`; `changes`: what @{diff} gave, this definition being the new one; `title` (the description by default)
  -- @treturn[1] string the file
  -- @treturn[2] nil
  -- @treturn[2] table an error of kind `"argument"`: a text is no JSON object, or the files of the page are not where the library is
  page = function() return require "studio.flow.page" end, -- late: by what is asked for

  --- Runs a definition without the service until it waits for somebody, or ends; what a run is and takes is told at
  -- @{studio.flow.simulate}.
  -- @function simulate
  -- @tparam table|string definition
  -- @tparam[opt] table options `trigger`, `from`, `to`, `body`, `parameters`, `data`, `http`, `outcomes`, `flows`, `now`, `sid`, `flow_sid`
  -- and `account_sid`
  -- @treturn[1] table the run
  -- @treturn[2] nil
  -- @treturn[2] table an error of kind `"argument"`: the text is no JSON object, or `trigger` or `now` is none that a run can have
  simulate = function() return require("studio.flow.simulate").simulate end, -- late: by what is asked for

  --- Writes what a run shows, line by line: a test, when it is kept in a file. Its lines are told at @{studio.flow.transcript}.
  -- @function transcript
  -- @tparam table run as @{simulate} gives it
  -- @treturn[1] string
  -- @treturn[2] nil
  -- @treturn[2] table an error of kind `"argument"`: parameters, or data of an event, cannot be written as JSON
  transcript = function() return require("studio.flow.transcript").write end, -- late: by what is asked for

  --- Plays a transcript against a definition.
  -- @function replay
  -- @tparam table|string definition
  -- @tparam string text the transcript
  -- @tparam[opt] table options as for @{simulate}; how it starts and what requests are answered is in the transcript
  -- @treturn[1] boolean true
  -- @treturn[2] nil
  -- @treturn[2] table an error of kind `"argument"`: its message shows the first line that differs, what was due, what came, and the last
  -- three steps; or says which line of the text is none of a transcript
  replay = function() return require "studio.flow.replay" end, -- late: by what is asked for

  --- Brings a definition to the service. Nothing is sent but reads when the latest revision there means the same and has that status and
  -- friendly name.
  -- @function deploy
  -- @tparam table client of `studio.new`
  -- @tparam table|string definition
  -- @tparam[opt] table options `sid` of the flow to update (without it one is created, and `friendly_name` is due); `friendly_name`;
  -- `status` (`"published"`, the default, or `"draft"`); `commit_message`; `dry_run` (true: all but the change itself); `check` (false:
  -- @{check} is left out, not the service's own); `offsets` (true: a widget that was only moved is a change)
  -- @treturn[1] table `action` (`"created"`, `"updated"` or `"unchanged"`), `flow` (the resource; nil when a dry run would create one),
  -- `changes` as @{diff} gives them, `previous` (the revision before; nil for a new flow)
  -- @treturn[2] nil
  -- @treturn[2] table an error: with `findings` when @{check} finds errors, else the service's, or of kind `"argument"`
  deploy = function() return require("studio.flow.deploy").deploy end, -- late: by what is asked for

  --- Publishes the definition of an earlier revision again.
  -- @function rollback
  -- @tparam table client of `studio.new`
  -- @tparam string sid of the flow
  -- @tparam[opt] table options `to`: the number of a revision (the published one before the present by default); `commit_message`;
  -- `dry_run`
  -- @treturn[1] table what @{deploy} gives
  -- @treturn[2] nil
  -- @treturn[2] table an error
  rollback = function() return require("studio.flow.deploy").rollback end, -- late: by what is asked for
}

return names.guard({}, "the module 'studio.flow'", {
  doors = doors, call = "the module is not called: flow.read(path) reads a definition, flow.check(definition) checks one",
})
