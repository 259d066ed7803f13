--- The records, in the memory of the one worker.
-- A collection is an array in the order of creation with an index by SID; `seq` places a record in it even after it is gone.
-- @module studio.emulator.server.store

local clock = require "studio.emulator.server.clock"

local collection_mt = { __name = "studio.emulator.collection" }
local store = {}

local last_seq = 0
local salt

--- An empty collection.
function store.collection()
  return setmetatable({ list = {}, by_sid = {} }, collection_mt)
end

--- Forgets everything.
-- @tparam string new_salt makes the SIDs of this run unlike those of any other
function store.clear(new_salt)
  salt = new_salt
  store.flows = store.collection()
  store.flex_flows = store.collection()
  store.active_contacts = {}
end

local function next_seq()
  last_seq = last_seq + 1
  return last_seq
end

--- A SID that no other record has.
function store.new_sid(prefix)
  return prefix .. ngx.md5(salt .. ":" .. next_seq())
end

--- The SID that always belongs to `name`.
function store.sid_of(prefix, name)
  return prefix .. ngx.md5(name)
end

--- Puts a record at the end of a collection.
function store.add(collection, record)
  record.seq = next_seq()
  collection.list[#collection.list + 1] = record
  collection.by_sid[record.sid or record.revision] = record
  return record
end

--- The position of the newest record that is not newer than `seq`; 0 when there is none.
function store.position(collection, seq)
  local list = collection.list
  local low, high = 0, #list
  while low < high do
    local middle = math.ceil((low + high) / 2)
    if list[middle].seq <= seq then
      low = middle
    else
      high = middle - 1
    end
  end
  return low
end

--- Takes a record out of its collection.
function store.remove(collection, record)
  table.remove(collection.list, store.position(collection, record.seq))
  collection.by_sid[record.sid] = nil
end

local function contact_key(to, from)
  return to .. "\0" .. from
end

--- The execution that a contact is in.
-- @tparam string to the contact
-- @tparam string from Twilio's side
function store.active_execution(to, from)
  return store.active_contacts[contact_key(to, from)]
end

--- Lets the contact of an execution start no other one.
function store.enter_contact(execution)
  store.active_contacts[contact_key(execution.contact_channel_address, execution.from)] = execution
end

--- Lets the contact of an execution start another one.
function store.leave_contact(execution)
  local key = contact_key(execution.contact_channel_address, execution.from)
  if store.active_contacts[key] == execution then
    store.active_contacts[key] = nil
  end
end

--- To be called after a record was written to: its date moves on, and what was written of it is out of date.
function store.touch(record)
  record.date_updated = clock.time()
  record.written = nil
end

return store
