/* The userdata studio.held_file: a file that nobody else writes, and that can be cut, which the io library cannot do. */
#include "lua_file.h"

#include <string.h>

#include "lua_class.h"
#include "platform.h"

static const Class held_class = { "studio.held_file" };

typedef struct HeldFile {
  int is_open;
  int descriptor;
} HeldFile;

/* The open file whose method is called. */
static HeldFile *held_check(lua_State *L)
{
  HeldFile *held = studio_check_self(L, &held_class);
  luaL_argcheck(L, held->is_open, 1, "the file is closed");
  return held;
}

/* nil and a message: what the system says */
static int push_problem(lua_State *L, const char *problem)
{
  lua_pushnil(L);
  lua_pushstring(L, problem);
  return 2;
}

/* hold(path) -> a file that is open for writing at its end, made where there is none, and locked as long as it is held; nil and a message,
   also where another one holds it. Where the file system has no locks, the file is not locked. */
static int core_hold(lua_State *L)
{
  const char *path = luaL_checkstring(L, 1), *problem;
  HeldFile *held = studio_newuserdata(L, sizeof *held);
  memset(held, 0, sizeof *held);
  studio_set_class(L, &held_class);
  problem = studio_hold_file(path, &held->descriptor);
  if (problem != NULL)
    return push_problem(L, problem);
  held->is_open = 1;
  return 1;
}

/* held:size() -> bytes; or nil and a message */
static int held_size(lua_State *L)
{
  double size;
  const char *problem = studio_file_size(held_check(L)->descriptor, &size);
  if (problem != NULL)
    return push_problem(L, problem);
  lua_pushnumber(L, size);
  return 1;
}

/* held:write(texts, count) -> true, and the texts 1 to count of the array stand at the end of the file; or nil and a message, and some of
   them may */
static int held_write(lua_State *L)
{
  FilePart parts[MOST_FILE_PARTS];
  HeldFile *held = held_check(L);
  lua_Number count = luaL_checknumber(L, 3);
  int at = 1;
  luaL_checktype(L, 2, LUA_TTABLE);
  luaL_argcheck(L, count >= 0 && count < 1e9, 3, "no number of texts");
  lua_settop(L, 3);
  while (at <= count) {
    int number;
    const char *problem;
    for (number = 0; number < MOST_FILE_PARTS && at <= count; number++, at++) {
      lua_rawgeti(L, 2, at);
      luaL_argcheck(L, lua_type(L, 4) == LUA_TSTRING, 2, "no array of texts");
      parts[number].text = lua_tolstring(L, 4, &parts[number].length); /* the array keeps it */
      lua_settop(L, 3);
    }
    problem = studio_append_to_file(held->descriptor, parts, number);
    if (problem != NULL)
      return push_problem(L, problem);
  }
  lua_pushboolean(L, 1);
  return 1;
}

/* held:truncate(bytes) -> true, and the file has that many; or nil and a message */
static int held_truncate(lua_State *L)
{
  HeldFile *held = held_check(L);
  lua_Number bytes = luaL_checknumber(L, 2);
  const char *problem;
  luaL_argcheck(L, bytes >= 0 && bytes <= 9007199254740992.0, 2, "no number of bytes");
  problem = studio_truncate_file(held->descriptor, bytes);
  if (problem != NULL)
    return push_problem(L, problem);
  lua_pushboolean(L, 1);
  return 1;
}

/* __gc, __close and held:close(): lets go of it */
static int held__gc(lua_State *L)
{
  HeldFile *held = studio_check_class(L, 1, &held_class);
  if (held->is_open)
    studio_close_file(held->descriptor);
  held->is_open = 0;
  return 0;
}

void studio_lua_file_open(lua_State *L)
{
  static const luaL_Reg functions[] = { { "hold", core_hold }, { NULL, NULL } };
  static const luaL_Reg metamethods[] = { { "__gc", held__gc }, { "__close", held__gc }, { NULL, NULL } };
  static const luaL_Reg methods[] = {
    { "size", held_size }, { "truncate", held_truncate }, { "write", held_write }, { "close", held__gc }, { NULL, NULL },
  };
  studio_make_class(L, &held_class, metamethods, methods);
  luaL_setfuncs(L, functions, 0);
}
