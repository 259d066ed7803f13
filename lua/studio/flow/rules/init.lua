--- The rules of the checker, in the order in which findings of one widget are told.
--
-- A rule is a table `{ name, level, sentence }` with one or both of two functions: `state(model, state, report)`, called for each state, or
-- `flow(model, report)`, called once; `report(state or nil, place below the state, message)` makes a finding. With `type` only states of
-- that type are asked about, with `needs` only those where the list of that name has something in it: `faults` and `values`
-- (see `studio.flow.values`), `problems`, `widgets_read` or `triggers_read` (what Liquid has wrong and what it reads). A rule without a
-- function is found by what reads the definition.
-- @module studio.flow.rules

local list, by_name = {}, {}

for _, part in ipairs {
  require "studio.flow.rules.shape",
  require "studio.flow.rules.limits",
  require "studio.flow.rules.transitions",
  require "studio.flow.rules.conditions",
  require "studio.flow.rules.properties",
  require "studio.flow.rules.channels",
  require "studio.flow.rules.loops",
  require "studio.flow.rules.liquid",
} do
  for _, rule in ipairs(part) do
    list[#list + 1] = rule
    by_name[rule.name] = { level = rule.level, sentence = rule.sentence }
    rule.order = #list
  end
end

return { list = list, by_name = by_name }
