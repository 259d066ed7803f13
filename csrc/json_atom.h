/* The values of JSON that are neither strings nor containers, from bytes to the Lua stack. */
#ifndef STUDIO_JSON_ATOM_H
#define STUDIO_JSON_ATOM_H

#include <lua.h>

#include "json_text.h"

#pragma GCC visibility push(hidden)

/* Pushes the value that begins at `at`, before `end`. Returns the first byte after it, or NULL. */
const char *studio_json_push_atom(lua_State *L, const char *at, const char *end, struct json_fault *fault);

#pragma GCC visibility pop

#endif
