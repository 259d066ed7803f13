--- Ways through a flow, by the numbers of its states: what can be reached, and what leads back to itself. No recursion, so that a chain
-- of twenty thousand widgets needs no more stack than one of two.

--- What can be reached from some states, these included.
-- @tparam {{int,...},...} following id → ids
-- @tparam {int,...} from
-- @treturn table id → true
local function reach(following, from)
  local reached, queue = {}, {}
  for _, id in ipairs(from) do
    if not reached[id] then
      reached[id] = true
      queue[#queue + 1] = id
    end
  end
  local at = 1
  while at <= #queue do
    for _, id in ipairs(following[queue[at]]) do
      if not reached[id] then
        reached[id] = true
        queue[#queue + 1] = id
      end
    end
    at = at + 1
  end
  return reached
end

--- The groups of states that lead to each other (Tarjan's strongly connected components).
-- @tparam {{int,...},...} following id → ids; ids without an entry are left out
-- @tparam int count the highest id
-- @treturn table id → number of its group. A group has a higher number than all that can be reached from it.
-- @treturn {{int,...},...} the groups, by number
local function groups(following, count)
  local index, low, on_stack, group_of = {}, {}, {}, {}
  local found, stack, calls, step = {}, {}, {}, {}
  local counter = 0
  for root = 1, count do
    if following[root] and not index[root] then
      calls[1], step[1] = root, 0
      local depth = 1
      while depth > 0 do
        local id = calls[depth]
        if step[depth] == 0 then
          counter = counter + 1
          index[id], low[id] = counter, counter
          stack[#stack + 1], on_stack[id] = id, true
        end
        local at = step[depth] + 1
        local target = following[id][at]
        step[depth] = at
        if target then
          if not index[target] then
            if following[target] then
              depth = depth + 1
              calls[depth], step[depth] = target, 0
            end
          elseif on_stack[target] and index[target] < low[id] then
            low[id] = index[target]
          end
        else
          if low[id] == index[id] then
            local members = {}
            repeat
              local member = stack[#stack]
              stack[#stack], on_stack[member] = nil, nil
              members[#members + 1] = member
              group_of[member] = #found + 1
            until member == id
            found[#found + 1] = members
          end
          depth = depth - 1
          if depth > 0 and low[id] < low[calls[depth]] then low[calls[depth]] = low[id] end
        end
      end
    end
  end
  return group_of, found
end

--- Who leads to each state.
-- @tparam {{int,...},...} following id → ids
-- @treturn {{int,...},...} id → ids
local function preceding(following)
  local before = {}
  for id = 1, #following do before[id] = {} end
  for id, targets in ipairs(following) do
    for _, target in ipairs(targets) do
      local list = before[target]
      list[#list + 1] = id
    end
  end
  return before
end

return { reach = reach, groups = groups, preceding = preceding }
