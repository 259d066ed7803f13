#ifndef STUDIO_LUA_HEADERS_H
#define STUDIO_LUA_HEADERS_H

#include "compat.h"
#include "headers.h"

#pragma GCC visibility push(hidden)

/* With the module table on top of the stack: adds headers, and makes the metatable. */
void studio_lua_headers_open(lua_State *L);
/* The header set at an index; raises when it is none, or closed. */
HeaderSet *studio_lua_headers_check(lua_State *L, int index);
/* Pushes a table of the headers of an answer: lower-case name -> value; a repeated header's values are joined by ", " (RFC 9110 §5.3). */
void studio_lua_headers_push(lua_State *L, const Buffer *head);

#pragma GCC visibility pop

#endif
