--- The journals that the shared spec holds to their contract: one row for each kind.
local child = require "spec.child"
local postgres = require "spec.postgres"

local has_sqlite = pcall(require, "luasql.sqlite3")

local function start_sqlite()
  local directory, count = child.directory(), 0
  return {
    new = function()
      count = count + 1
      return ("%s/%d"):format(directory, count)
    end,
    stop = function() child.remove(directory) end,
  }
end

-- Puts a driver in the place of SQLite's that does as LuaSQL 2.8's: where a statement finds no row, the first `fetch` gives one of NULLs.
-- Gives a function that puts the other back.
local function give_empty_rows()
  local driver = require "luasql.sqlite3"
  local function changed(cursor)
    if type(cursor) == "number" then return cursor end
    local is_first, is_over = true, false
    return {
      fetch = function(_, row, how)
        if is_over then return nil end
        local found, problem = cursor:fetch(row, how)
        local is_empty = is_first and not found and not problem
        is_first, is_over = false, not found
        return is_empty and row or found, problem
      end,
      close = function() return cursor:close() end,
    }
  end
  package.loaded["luasql.sqlite3"] = {
    sqlite3 = function()
      local environment = driver.sqlite3()
      return {
        connect = function(_, ...)
          local connection, problem = environment:connect(...)
          return connection and {
            execute = function(_, statement)
              local result, message = connection:execute(statement)
              return result and changed(result), message
            end,
            close = function() return connection:close() end,
          }, problem
        end,
        close = function() return environment:close() end,
      }
    end,
  }
  return function() package.loaded["luasql.sqlite3"] = driver end
end

-- `start([options])`, those of `spec.postgres`, gives a place to keep journals in: `new()`, the target of another empty one, and
-- `stop()`. `lasts`: whether it can be opened again. `is_shared`: whether several may use it at a time.
return {
  {
    name = "memory", lasts = false, is_shared = false, keeps_nul = true,
    start = function() return { new = function() return nil end, stop = function() end } end,
  },
  {
    name = "SQLite", lasts = true, is_shared = false, keeps_nul = true,
    missing = not has_sqlite and "luasql.sqlite3 is not installed" or nil,
    start = start_sqlite,
  },
  {
    name = "SQLite by LuaSQL 2.8", lasts = true, is_shared = false, keeps_nul = true,
    missing = not has_sqlite and "luasql.sqlite3 is not installed" or nil,
    start = function()
      local place, put_back = start_sqlite(), give_empty_rows()
      return {
        new = place.new,
        stop = function()
          put_back()
          place.stop()
        end,
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
