--- Widgets that decide where a flow goes on.
local property = require "studio.flow.widgets.property"
local text, word, sid, list = property.text, property.word, property.sid, property.list

local value_type = word("type", { "string", "json_object" })

return {
  {
    type = "trigger", group = "trigger", happens = "start",
    events = { "incomingMessage", "incomingCall", "incomingConversationMessage", "incomingRequest", "incomingParent" },
    properties = {},
    leaves = {},
  },
  {
    type = "split-based-on", group = "split", happens = "condition",
    events = { "match", "noMatch" },
    properties = { text("input", { needed = "error" }) },
    leaves = {},
  },
  {
    type = "set-variables", group = "data", happens = "at_once", event = "next",
    events = { "next" },
    properties = {
      list("variables", {
        needed = "warning", least = 1,
        items = {
          text("key", { needed = "error", liquid = false }),
          -- A template that gives nothing is a value as good as any, so an empty text is no mistake.
          text("value", { needed = "warning" }),
          value_type, property.boolean("parse_as_json"), text "index",
        },
      }),
    },
    -- The keys of `variables`, beside `flow.variables`.
    leaves = { next = { "*" } },
  },
  {
    type = "run-subflow", group = "subflow", happens = "subflow", event = "completed", failure = "failed", waits = true,
    events = { "completed", "failed" },
    properties = {
      sid("flow_sid", "FW", { needed = "error", liquid = false }),
      text("flow_revision", {
        needed = "error", liquid = false, also = { "LatestPublished", "LatestDraft" },
        pattern = "^%d+$", means = "LatestPublished, LatestDraft or the number of a revision",
      }),
      list("parameters", {
        items = { text("key", { needed = "error" }), text("value", { needed = "warning" }), value_type },
      }),
    },
    -- The variables that were set in the sub-flow.
    leaves = { completed = { "*" } },
  },
}
