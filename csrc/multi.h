#ifndef STUDIO_MULTI_H
#define STUDIO_MULTI_H

#include "compat.h"
#include "transfer.h"

#pragma GCC visibility push(hidden)

/* With the module table on top of the stack: adds multi and headers, and makes the metatables. */
void studio_multi_open(lua_State *L);
/* The header set at an index; raises when it is none, or closed. */
HeaderSet *studio_headers_check(lua_State *L, int index);
/* studio_engine_step for who runs this Lua. */
int studio_multi_step(lua_State *L, Engine *engine, double seconds, double budget);

#pragma GCC visibility pop

#endif
