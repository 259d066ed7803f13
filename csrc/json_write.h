/* Lua values straight into JSON text (RFC 8259), in one pass. */
#ifndef STUDIO_JSON_WRITE_H
#define STUDIO_JSON_WRITE_H

#include <lua.h>

#pragma GCC visibility push(hidden)

/* Adds `encode` to the module table on top of the stack, which has `array_mt`. */
void studio_json_write_open(lua_State *L);

#pragma GCC visibility pop

#endif
