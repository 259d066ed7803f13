/* A step of an engine, taken on behalf of a Lua program. */
#ifndef STUDIO_LUA_STEP_H
#define STUDIO_LUA_STEP_H

#include "compat.h"
#include "engine.h"

#pragma GCC visibility push(hidden)

/* studio_engine_step, after which the interpreter's Ctrl-C works in this coroutine, too. */
int studio_lua_step(lua_State *L, Engine *engine, double seconds, double budget);

#pragma GCC visibility pop

#endif
