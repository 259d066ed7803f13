#ifndef STUDIO_EXCHANGE_H
#define STUDIO_EXCHANGE_H

#include "compat.h"
#include "transfer.h"

#pragma GCC visibility push(hidden)

/* With the module table on top of the stack: adds headers_of, and makes the metatable. */
void studio_exchange_open(lua_State *L);
/* Pushes a transfer of this engine, and gives 1. */
int studio_exchange_new(lua_State *L, Engine *engine);

#pragma GCC visibility pop

#endif
