#ifndef STUDIO_LUA_TRANSFER_H
#define STUDIO_LUA_TRANSFER_H

#include "compat.h"
#include "transfer.h"

#pragma GCC visibility push(hidden)

/* With the module table on top of the stack: adds read_receipt, and makes the metatable of transfers. */
void studio_lua_transfer_open(lua_State *L);
/* Pushes a transfer of this engine, and gives 1. */
int studio_lua_transfer_new(lua_State *L, Engine *engine);

#pragma GCC visibility pop

#endif
