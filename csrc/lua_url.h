#ifndef STUDIO_LUA_URL_H
#define STUDIO_LUA_URL_H

#include "compat.h"

#pragma GCC visibility push(hidden)

/* With the module table on top of the stack: adds base64, escape, form, form_of, plain_target and url. */
void studio_lua_url_open(lua_State *L);

#pragma GCC visibility pop

#endif
