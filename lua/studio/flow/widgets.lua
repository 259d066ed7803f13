--- Every type of widget that a flow may have, as data: the checker, the runner, the pictures and the documentation read this table.
--
-- A widget is a table:
--
-- | field | what it says |
-- |---|---|
-- | `type` | the name in a state's `type` |
-- | `group` | its kind, for pictures: `"trigger"`, `"split"`, `"data"`, `"voice"`, `"message"`, `"code"`, `"product"` or `"subflow"` |
-- | `events` | the names its transitions may have, in the order of the Console; nil where they are not known (types that are retired) |
-- | `more_events` | names that are documented, but that no export lists: accepted, never asked for |
-- | `happens` | how an event comes, see below |
-- | `event` | the event of a widget that ends at once, or the one that is likely: `"sent"` |
-- | `failure` | its event for a failure, where it has one of that kind |
-- | `waits` | true: it lasts until somebody outside acts or a time is over, so that a loop through it is no mistake |
-- | `under` | what the Execution must be for it to work: `"call"` or `"request"` (started over REST); nil: anything |
-- | `properties` | its properties, each a table as below, in the order of the documentation |
-- | `one_of` | names of which exactly one is due: `{ "say", "play", "digits" }` |
-- | `any_of` | names of which at least one is due |
-- | `leaves` | what `widgets.NAME` holds afterwards: event → list of keys; `"*"` stands for any event, and for any other key |
-- | `retired` | why it is to be used no more, a sentence; nil where it may |
-- | `captions` | what the Console calls a property, where that is another name: caption → property |
--
-- `happens` is one of
--
-- | value | the event |
-- |---|---|
-- | `"start"` | says how the Execution was started: `incomingMessage`, `incomingCall`, … |
-- | `"at_once"` | is `event`, and nothing is waited for; a type that does something beside has a row in `studio.flow.run.handlers` |
-- | `"condition"` | is `match` for the first transition whose conditions hold, else `noMatch` |
-- | `"send"` | is `event`, or `failure` if the message cannot be sent |
-- | `"reply"` | is `incomingMessage` for a message, `timeout` after so many seconds, `deliveryFailure` if the question cannot be sent |
-- | `"input"` | is `keypress`, `speech` or `timeout` |
-- | `"request"` | is `event` or `failure`, by the answer to an HTTP request; each type has a row in `studio.flow.run.handlers` |
-- | `"redirect"` | is `return`, `timeout` or `fail`, by an HTTP request to the program that takes over |
-- | `"subflow"` | is `event` when the sub-flow ends, `failure` if there is none |
-- | `"outcome"` | is one of `events` that only the world knows |
--
-- A property is a table:
--
-- | field | what it says |
-- |---|---|
-- | `name` | the key in `properties`, or in an element of a list |
-- | `type` | JSON type: `"string"`, `"integer"`, `"boolean"`, `"array"`, `"object"` |
-- | `needed` | `"error"`, `"warning"` or `"note"`: how bad it is when it is missing; nil: it is optional |
-- | `words` | the values there are; letter case counts |
-- | `each` | the words that an array, or a text with blanks between them, may hold |
-- | `number` | true: the text is digits (`"3600"`) |
-- | `min`, `max` | bounds of a number, be it a number or a text |
-- | `default` | what counts when it is missing |
-- | `pattern`, `means` | a Lua pattern the whole text must match, and the words for it |
-- | `sid` | the two letters of the SID that is due, or a list of such, `"WW"` |
-- | `also` | a list of words that are right beside a SID |
-- | `liquid` | false: Liquid is not rendered here |
-- | `json` | true: the text is JSON after rendering |
-- | `longest` | most characters |
-- | `items` | what an element of an array has: a list of properties |
-- | `least` | fewest elements of an array |
--
-- Where the service's own rule is not known, the mildest is taken: what is not in here is a note, a wrong JSON type is a warning.
-- @module studio.flow.widgets

local types, list = {}, {}

for _, part in ipairs {
  require "studio.flow.widgets.control",
  require "studio.flow.widgets.voice",
  require "studio.flow.widgets.agents",
  require "studio.flow.widgets.messaging",
  require "studio.flow.widgets.code",
  require "studio.flow.widgets.retired",
} do
  for _, widget in ipairs(part) do
    widget.has_event, widget.property = {}, {}
    for _, event in ipairs(widget.events or {}) do widget.has_event[event] = true end
    for _, event in ipairs(widget.more_events or {}) do widget.has_event[event] = true end
    for _, property in ipairs(widget.properties) do widget.property[property.name] = property end
    types[widget.type] = widget
    list[#list + 1] = widget
  end
end

return {
  --- The widgets by type. Each has, beside the fields above, `has_event` (name → true) and `property` (name → property).
  types = types,
  --- The same widgets in the order of the documentation.
  list = list,
}
