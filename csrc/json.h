/* JSON text (RFC 8259) straight into Lua values, in one pass. */
#ifndef STUDIO_JSON_H
#define STUDIO_JSON_H

#include <stddef.h>

#include <lua.h>

#pragma GCC visibility push(hidden)

/* What becomes of null. Kept, it is the light userdata NULL, which is also cjson.null. */
enum studio_null_rule {
  STUDIO_NULLS_KEEP,     /* every null is kept */
  STUDIO_NULLS_RESOURCE, /* null fields of the outermost object are dropped */
  STUDIO_NULLS_PAGE      /* null fields of meta and of each record are dropped: objects in the outermost object, and in arrays there */
};

/* Adds `decode` and `array_mt` to the module table on top of the stack. */
void studio_json_open(lua_State *L);

/*
 * Decodes [text, text + length), not NULL, which needs no final NUL and must stay as it is until this returns. Pushes the value and
 * returns 1, or pushes nil and a message and returns 2. May raise, but only for want of memory, and owns none then.
 */
int studio_json_decode(lua_State *L, const char *text, size_t length, enum studio_null_rule rule);

#pragma GCC visibility pop

#endif
