--- Loads every module that a client may need later, for programs that lose sight of their files: after `chroot` or `setuid`, or in
-- nginx's master process, whose workers share what it has loaded.
--
-- It gives what `require "studio"` gives. Other programs have no use for it: each module is loaded when it is first needed. `studio.flow`
-- and `studio.emulator` are no part of it.
-- @module studio.all

-- First, for it says in words why a C module does not load.
local studio = require "studio"

-- The modules behind the doors that are marked `-- late:`; they bring the rest with them.
require "studio.api.checks"
require "studio.api.flex"
require "studio.api.v1"
require "studio.api.v2"
require "studio.base.encoding"
require "studio.base.error_text"
require "studio.base.suggest"
require "studio.base.timestamp"
require "studio.base.built_for"
require "studio.client"
require "studio.client.certificates"
require "studio.client.methods"
require "studio.request.log"
require "studio.request.oauth"
require "studio.request.proxy"
require "studio.request.regions"
require "studio.request.responses"
require "studio.request.settle"
require "studio.resource.call_options"
require "studio.resource.list"
require "studio.resource.operation"
require "studio.resource.raw_request"
require "studio.resource.unknown"
require "studio.transport.custom"
require "studio.waiting.map"
require "studio.waiting.nested"
require "studio.waiting.recovery"
require "studio.waiting.task"
require "studio.waiting.turns"
require "studio.waiting.ways.program"
require "studio.webhook"

-- The way to wait of this kind of program: those of other kinds need nginx or cqueues.
require "studio.waiting.ways".find {}

return studio
