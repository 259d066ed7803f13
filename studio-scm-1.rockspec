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
  -- Of OpenSSL or one of its kin; for studio.webhook alone.
  CRYPTO = {
    library = "crypto",
  },
}

build = {
  type = "builtin",
  modules = {
    ["studio.core"] = {
      sources = { "csrc/lazy.c" },
    },
    ["studio.core_lazy"] = {
      sources = {
        "csrc/buffer.c",
        "csrc/classes.c",
        "csrc/collector.c",
        "csrc/core.c",
        "csrc/engine.c",
        "csrc/exchange.c",
        "csrc/failure.c",
        "csrc/headers.c",
        "csrc/json.c",
        "csrc/json_atom.c",
        "csrc/json_keys.c",
        "csrc/json_text.c",
        "csrc/memory.c",
        "csrc/multi.c",
        "csrc/platform.c",
        "csrc/poller.c",
        "csrc/sockets.c",
        "csrc/text.c",
        "csrc/transfer.c",
      },
      libraries = { "curl" },
      incdirs = { "$(CURL_INCDIR)" },
      libdirs = { "$(CURL_LIBDIR)" },
    },
    ["studio.crypto"] = {
      sources = { "csrc/crypto.c" },
      libraries = { "crypto" },
      incdirs = { "$(CRYPTO_INCDIR)" },
      libdirs = { "$(CRYPTO_LIBDIR)" },
    },
    studio = "lua/studio.lua",
    ["studio.api.executions"] = "lua/studio/api/executions.lua",
    ["studio.api.flex"] = "lua/studio/api/flex.lua",
    ["studio.api"] = "lua/studio/api/init.lua",
    ["studio.api.types"] = "lua/studio/api/types.lua",
    ["studio.api.v1"] = "lua/studio/api/v1.lua",
    ["studio.api.v2"] = "lua/studio/api/v2.lua",
    ["studio.base.errors"] = "lua/studio/base/errors.lua",
    ["studio.base.json"] = "lua/studio/base/json.lua",
    ["studio.base.json_encoder"] = "lua/studio/base/json_encoder.lua",
    ["studio.base.options"] = "lua/studio/base/options.lua",
    ["studio.base.pretty"] = "lua/studio/base/pretty.lua",
    ["studio.base.suggest"] = "lua/studio/base/suggest.lua",
    ["studio.base.timestamp"] = "lua/studio/base/timestamp.lua",
    ["studio.base.version"] = "lua/studio/base/version.lua",
    ["studio.client"] = "lua/studio/client.lua",
    ["studio.emulator"] = "lua/studio/emulator.lua",
    ["studio.emulator.known"] = "lua/studio/emulator/known.lua",
    ["studio.emulator.main"] = "lua/studio/emulator/main.lua",
    ["studio.emulator.nginx_conf"] = "lua/studio/emulator/nginx_conf.lua",
    ["studio.emulator.process"] = "lua/studio/emulator/process.lua",
    ["studio.emulator.server.app"] = "lua/studio/emulator/server/app.lua",
    ["studio.emulator.server.auth"] = "lua/studio/emulator/server/auth.lua",
    ["studio.emulator.server.control"] = "lua/studio/emulator/server/control.lua",
    ["studio.emulator.server.definition"] = "lua/studio/emulator/server/definition.lua",
    ["studio.emulator.server.errors"] = "lua/studio/emulator/server/errors.lua",
    ["studio.emulator.server.executions"] = "lua/studio/emulator/server/executions.lua",
    ["studio.emulator.server.faults"] = "lua/studio/emulator/server/faults.lua",
    ["studio.emulator.server.flex_flows"] = "lua/studio/emulator/server/flex_flows.lua",
    ["studio.emulator.server.flows"] = "lua/studio/emulator/server/flows.lua",
    ["studio.emulator.server.form"] = "lua/studio/emulator/server/form.lua",
    ["studio.emulator.server.json_writer"] = "lua/studio/emulator/server/json_writer.lua",
    ["studio.emulator.server.paging"] = "lua/studio/emulator/server/paging.lua",
    ["studio.emulator.server.request_log"] = "lua/studio/emulator/server/request_log.lua",
    ["studio.emulator.server.router"] = "lua/studio/emulator/server/router.lua",
    ["studio.emulator.server.routes"] = "lua/studio/emulator/server/routes.lua",
    ["studio.emulator.server.seeds"] = "lua/studio/emulator/server/seeds.lua",
    ["studio.emulator.server.store"] = "lua/studio/emulator/server/store.lua",
    ["studio.emulator.server.validate"] = "lua/studio/emulator/server/validate.lua",
    ["studio.emulator.server.views"] = "lua/studio/emulator/server/views.lua",
    ["studio.emulator.server.watch"] = "lua/studio/emulator/server/watch.lua",
    ["studio.flow.codec"] = "lua/studio/flow/codec.lua",
    ["studio.flow.conditions"] = "lua/studio/flow/conditions.lua",
    ["studio.flow.json"] = "lua/studio/flow/json.lua",
    ["studio.flow.liquid"] = "lua/studio/flow/liquid.lua",
    ["studio.flow.liquid.dates"] = "lua/studio/flow/liquid/dates.lua",
    ["studio.flow.liquid.expressions"] = "lua/studio/flow/liquid/expressions.lua",
    ["studio.flow.liquid.filters"] = "lua/studio/flow/liquid/filters.lua",
    ["studio.flow.liquid.filters.lists"] = "lua/studio/flow/liquid/filters/lists.lua",
    ["studio.flow.liquid.filters.math"] = "lua/studio/flow/liquid/filters/math.lua",
    ["studio.flow.liquid.filters.others"] = "lua/studio/flow/liquid/filters/others.lua",
    ["studio.flow.liquid.filters.strings"] = "lua/studio/flow/liquid/filters/strings.lua",
    ["studio.flow.liquid.lexer"] = "lua/studio/flow/liquid/lexer.lua",
    ["studio.flow.liquid.loops"] = "lua/studio/flow/liquid/loops.lua",
    ["studio.flow.liquid.numbers"] = "lua/studio/flow/liquid/numbers.lua",
    ["studio.flow.liquid.output"] = "lua/studio/flow/liquid/output.lua",
    ["studio.flow.liquid.parser"] = "lua/studio/flow/liquid/parser.lua",
    ["studio.flow.liquid.problem"] = "lua/studio/flow/liquid/problem.lua",
    ["studio.flow.liquid.suggestion"] = "lua/studio/flow/liquid/suggestion.lua",
    ["studio.flow.liquid.text"] = "lua/studio/flow/liquid/text.lua",
    ["studio.flow.liquid.values"] = "lua/studio/flow/liquid/values.lua",
    ["studio.flow.liquid.work"] = "lua/studio/flow/liquid/work.lua",
    ["studio.flow.model"] = "lua/studio/flow/model.lua",
    ["studio.flow.nearest"] = "lua/studio/flow/nearest.lua",
    ["studio.flow.paths"] = "lua/studio/flow/paths.lua",
    ["studio.flow.regex"] = "lua/studio/flow/regex.lua",
    ["studio.flow.replay"] = "lua/studio/flow/replay.lua",
    ["studio.flow.run.calls"] = "lua/studio/flow/run/calls.lua",
    ["studio.flow.run.clock"] = "lua/studio/flow/run/clock.lua",
    ["studio.flow.run.driver"] = "lua/studio/flow/run/driver.lua",
    ["studio.flow.run.failure"] = "lua/studio/flow/run/failure.lua",
    ["studio.flow.run.glob"] = "lua/studio/flow/run/glob.lua",
    ["studio.flow.run.handlers"] = "lua/studio/flow/run/handlers.lua",
    ["studio.flow.run.http"] = "lua/studio/flow/run/http.lua",
    ["studio.flow.run.machine"] = "lua/studio/flow/run/machine.lua",
    ["studio.flow.run.messages"] = "lua/studio/flow/run/messages.lua",
    ["studio.flow.run.outcomes"] = "lua/studio/flow/run/outcomes.lua",
    ["studio.flow.run.plan"] = "lua/studio/flow/run/plan.lua",
    ["studio.flow.run.sids"] = "lua/studio/flow/run/sids.lua",
    ["studio.flow.run.splits"] = "lua/studio/flow/run/splits.lua",
    ["studio.flow.run.start"] = "lua/studio/flow/run/start.lua",
    ["studio.flow.run.subflow"] = "lua/studio/flow/run/subflow.lua",
    ["studio.flow.run.tree"] = "lua/studio/flow/run/tree.lua",
    ["studio.flow.run.variables"] = "lua/studio/flow/run/variables.lua",
    ["studio.flow.run.voice"] = "lua/studio/flow/run/voice.lua",
    ["studio.flow.simulate"] = "lua/studio/flow/simulate.lua",
    ["studio.flow.templates"] = "lua/studio/flow/templates.lua",
    ["studio.flow.transcript"] = "lua/studio/flow/transcript.lua",
    ["studio.flow.widgets"] = "lua/studio/flow/widgets.lua",
    ["studio.flow.widgets.agents"] = "lua/studio/flow/widgets/agents.lua",
    ["studio.flow.widgets.code"] = "lua/studio/flow/widgets/code.lua",
    ["studio.flow.widgets.control"] = "lua/studio/flow/widgets/control.lua",
    ["studio.flow.widgets.messaging"] = "lua/studio/flow/widgets/messaging.lua",
    ["studio.flow.widgets.property"] = "lua/studio/flow/widgets/property.lua",
    ["studio.flow.widgets.retired"] = "lua/studio/flow/widgets/retired.lua",
    ["studio.flow.widgets.voice"] = "lua/studio/flow/widgets/voice.lua",
    ["studio.request.answer"] = "lua/studio/request/answer.lua",
    ["studio.request.attempts"] = "lua/studio/request/attempts.lua",
    ["studio.request.call"] = "lua/studio/request/call.lua",
    ["studio.request.credentials"] = "lua/studio/request/credentials.lua",
    ["studio.request.oauth"] = "lua/studio/request/oauth.lua",
    ["studio.request.origins"] = "lua/studio/request/origins.lua",
    ["studio.request.redaction"] = "lua/studio/request/redaction.lua",
    ["studio.request.regions"] = "lua/studio/request/regions.lua",
    ["studio.request.retry"] = "lua/studio/request/retry.lua",
    ["studio.resource.call_options"] = "lua/studio/resource/call_options.lua",
    ["studio.resource.list"] = "lua/studio/resource/list.lua",
    ["studio.resource.parameters"] = "lua/studio/resource/parameters.lua",
    ["studio.resource.raw_request"] = "lua/studio/resource/raw_request.lua",
    ["studio.resource.tree"] = "lua/studio/resource/tree.lua",
    ["studio.transport.curl"] = "lua/studio/transport/curl.lua",
    ["studio.transport.curl_attempt"] = "lua/studio/transport/curl_attempt.lua",
    ["studio.transport.custom"] = "lua/studio/transport/custom.lua",
    ["studio.waiting.loop"] = "lua/studio/waiting/loop.lua",
    ["studio.waiting.map"] = "lua/studio/waiting/map.lua",
    ["studio.waiting.nested"] = "lua/studio/waiting/nested.lua",
    ["studio.waiting.task"] = "lua/studio/waiting/task.lua",
    ["studio.waiting.timers"] = "lua/studio/waiting/timers.lua",
    ["studio.waiting.turns"] = "lua/studio/waiting/turns.lua",
    ["studio.waiting.ways.cqueues"] = "lua/studio/waiting/ways/cqueues.lua",
    ["studio.waiting.ways.nginx"] = "lua/studio/waiting/ways/nginx.lua",
    ["studio.waiting.ways.nginx_poll"] = "lua/studio/waiting/ways/nginx_poll.lua",
    ["studio.waiting.ways.program"] = "lua/studio/waiting/ways/program.lua",
    ["studio.waiting.ways.task"] = "lua/studio/waiting/ways/task.lua",
    ["studio.webhook"] = "lua/studio/webhook.lua",
  },
  -- Where libc is older than glibc 2.34 and alone has no dlopen; other systems have it in libc, and some have no libdl.
  platforms = {
    linux = {
      modules = {
        ["studio.core"] = {
          libraries = { "dl" },
        },
      },
    },
  },
}

test_dependencies = {
  "busted",
}

test = {
  type = "busted",
}
