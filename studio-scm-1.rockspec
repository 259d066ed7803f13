rockspec_format = "3.0"
package = "studio"
version = "scm-1"

-- For `luarocks make` in a checkout, which fetches nothing.
source = {
  url = "file://.",
}

description = {
  summary = "The Twilio Studio REST API from Lua",
  detailed = [[
    Flows, Executions and Engagements with their Steps and contexts, Revisions, Test Users and
    FlexFlows: all operations of Studio v1, Studio v2 and FlexFlows, over libcurl, for Lua 5.1 to
    5.4 and LuaJIT. A local service to test against is part of it.
  ]],
  license = "MIT",
  labels = { "twilio", "http", "api" },
}

dependencies = {
  "lua >= 5.1",
  "lua-cjson",
}

-- No header is named: the compiler finds curl/curl.h in folders where LuaRocks does not look.
external_dependencies = {
  CURL = {
    library = "curl",
  },
}

build = {
  type = "builtin",
  modules = {
    ["studio.core"] = {
      sources = {
      },
      libraries = { "curl" },
      incdirs = { "$(CURL_INCDIR)" },
      libdirs = { "$(CURL_LIBDIR)" },
    },
  },
}

test_dependencies = {
  "busted",
}

test = {
  type = "busted",
}
