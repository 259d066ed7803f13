--- The journals that the shared spec holds to their contract: one row for each kind.
local child = require "spec.child"
local postgres = require "spec.postgres"

-- `start([options])`, those of `spec.postgres`, gives a place to keep journals in: `new()`, the target of another empty one, and
-- `stop()`. `lasts`: whether it can be opened again. `is_shared`: whether several may use it at a time.
return {
  {
    name = "memory", lasts = false, is_shared = false, keeps_nul = true,
    start = function() return { new = function() return nil end, stop = function() end } end,
  },
  {
    name = "SQLite", lasts = true, is_shared = false, keeps_nul = true,
    missing = not pcall(require, "luasql.sqlite3") and "luasql.sqlite3 is not installed" or nil,
    start = function()
      local directory, count = child.directory(), 0
      return {
        new = function()
          count = count + 1
          return ("%s/%d"):format(directory, count)
        end,
        stop = function() child.remove(directory) end,
      }
    end,
  },
  {
    name = "PostgreSQL", lasts = true, is_shared = true, keeps_nul = false,
    missing = select(2, postgres.is_there()),
    start = function(options)
      local server = postgres.start(options)
      return {
        server = server,
        -- What the journal before has left is dropped.
        new = function()
          local env = require("luasql.postgres").postgres()
          local connection = assert(env:connect(server.url))
          assert(connection:execute "SET client_min_messages TO warning; DROP SCHEMA IF EXISTS studio CASCADE")
          connection:close()
          env:close()
          return server.url
        end,
        stop = server.stop,
      }
    end,
  },
}
