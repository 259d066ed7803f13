/* Included before everything else by `make gcstress`: a full collection before every GCSTRESS-th call of Lua's that may allocate, so that a
   value which nothing refers to is gone when it is used. */
#define _GNU_SOURCE /* as some file may need it: no system header has been seen yet */

#include <lauxlib.h>
#include <lua.h>

#ifndef GCSTRESS
#define GCSTRESS 7
#endif

static inline lua_State *studio_gcstress(lua_State *L)
{
  static unsigned calls;
#if LUA_VERSION_NUM < 502 /* LuaJIT: a full collection would set a stopped collector going */
  if (lua_gc(L, LUA_GCISRUNNING, 0) != 1)
    return L;
#endif
  if (++calls % GCSTRESS == 0)
    lua_gc(L, LUA_GCCOLLECT, 0);
  return L;
}

#define lua_createtable(L, array, hash) (lua_createtable)(studio_gcstress(L), array, hash)
#define lua_pushlstring(L, text, length) (lua_pushlstring)(studio_gcstress(L), text, length)
#define lua_pushstring(L, text) (lua_pushstring)(studio_gcstress(L), text)
#define lua_pushcclosure(L, function, upvalues) (lua_pushcclosure)(studio_gcstress(L), function, upvalues)
#define lua_rawset(L, index) (lua_rawset)(studio_gcstress(L), index)
#define lua_rawseti(L, index, n) (lua_rawseti)(studio_gcstress(L), index, n)
#define lua_setfield(L, index, name) (lua_setfield)(studio_gcstress(L), index, name)
#define lua_setmetatable(L, index) (lua_setmetatable)(studio_gcstress(L), index)
#define luaL_checkstack(L, size, message) (luaL_checkstack)(studio_gcstress(L), size, message)
#define luaL_pushresult(buffer) (luaL_pushresult)((studio_gcstress((buffer)->L), (buffer)))
#define luaL_addlstring(buffer, text, length) (luaL_addlstring)((studio_gcstress((buffer)->L), (buffer)), text, length)
#if LUA_VERSION_NUM >= 504
#define lua_newuserdatauv(L, size, values) (lua_newuserdatauv)(studio_gcstress(L), size, values)
#else
#undef lua_newuserdata
#define lua_newuserdata(L, size) (lua_newuserdata)(studio_gcstress(L), size)
#endif
