/* The userdata studio.multi: an engine as Lua sees it. */
#include "lua_multi.h"

#include <limits.h>
#include <string.h>

#include "engine.h"
#include "headers.h"
#include "lua_class.h"
#include "lua_step.h"
#include "lua_transfer.h"

static const Class multi_class = { "studio.multi" };

/* The engine whose method is called. One that is closed has nothing in flight, no descriptor and no timer: a finalizer may close it at any
   moment. */
static Engine *multi_check(lua_State *L)
{
  return studio_check_self(L, &multi_class);
}

/* The text in a field of the table of options; NULL is none. It stays on the stack, and so alive, while the engine copies it. */
static char *string_option(lua_State *L, const char *name)
{
  const char *value;
  size_t length;
  luaL_checkstack(L, 1, NULL);
  lua_getfield(L, 1, name);
  if (!lua_isnil(L, -1) && lua_type(L, -1) != LUA_TSTRING)
    luaL_error(L, "option '%s' must be a string", name);
  value = lua_tolstring(L, -1, &length);
  if (value != NULL && !studio_is_field_value(value, length))
    luaL_error(L, "option '%s' holds a control character", name);
  return (char *)value;
}

/* The number in a field of the table of options. */
static double number_option(lua_State *L, const char *name)
{
  double value;
  lua_getfield(L, 1, name);
  value = luaL_checknumber(L, -1);
  lua_pop(L, 1);
  return value;
}

/* multi{ connect_timeout, max_response_bytes, user_agent, ca_file, proxy, no_proxy, http1 } -> multi; or nil and a message, where the
   process has no descriptor left */
static int core_multi(lua_State *L)
{
  EngineOptions options = { 0 };
  double body_limit;
  Engine *engine;
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  options.user_agent = string_option(L, "user_agent");
  options.ca_file = string_option(L, "ca_file");
  options.proxy = string_option(L, "proxy");
  options.no_proxy = string_option(L, "no_proxy");
  options.connect_timeout = number_option(L, "connect_timeout");
  lua_getfield(L, 1, "http1");
  options.http1 = lua_toboolean(L, -1);
  lua_pop(L, 1);
  body_limit = number_option(L, "max_response_bytes");
  if (!(options.connect_timeout > 0) || !(body_limit >= 0))
    return luaL_error(L, "connect_timeout must be more than 0, max_response_bytes 0 or more");
  options.body_limit = body_limit < (double)((size_t)-1 / 2) ? (size_t)body_limit : (size_t)-1 / 2;
  engine = lua_newuserdata(L, sizeof *engine);
  memset(engine, 0, sizeof *engine);
  engine->closed = 1;
  engine->poller = -1;
  studio_set_class(L, &multi_class);
  if (!studio_engine_open(engine, &options)) {
    if (!engine->out_of_descriptors)
      return luaL_error(L, "libcurl cannot make a multi handle");
    lua_pushnil(L);
    lua_pushliteral(L, "no descriptor is left for libcurl: too many files and sockets are open (see ulimit -n)");
    return 2;
  }
  return 1;
}

/* __gc and __close: ends what is in flight and closes all connections, and the descriptor. */
static int multi__gc(lua_State *L)
{
  Engine *engine = studio_check_class(L, 1, &multi_class);
  studio_engine_close(engine);
  studio_engine_close_poller(engine);
  return 0;
}

/* multi:close([is_slept_on]): the same; the descriptor on which somebody sleeps is readable instead, until the next close */
static int multi_close(lua_State *L)
{
  Engine *engine = studio_check_class(L, 1, &multi_class);
  if (!lua_toboolean(L, 2))
    return multi__gc(L);
  studio_engine_close(engine);
  studio_engine_ring(engine);
  return 0;
}

/* tostring(multi) -> the name of the class, and how many transfers are in flight. */
static int multi__tostring(lua_State *L)
{
  Engine *engine = studio_check_class(L, 1, &multi_class);
  if (engine->closed)
    lua_pushfstring(L, "%s (closed)", multi_class.name);
  else
    lua_pushfstring(L, "%s (%d in flight)", multi_class.name, engine->running);
  return 1;
}

/* multi:step(seconds[, budget]) -> how many transfers are in flight; no further socket is looked at after `budget` seconds of work */
static int multi_step(lua_State *L)
{
  Engine *engine = multi_check(L);
  lua_pushinteger(L, studio_lua_step(L, engine, luaL_optnumber(L, 2, 0), luaL_optnumber(L, 3, 0)));
  return 1;
}

/* multi:moved() -> whether a socket was ready in the last step; known from when somebody asked for the descriptor */
static int multi_moved(lua_State *L)
{
  lua_pushboolean(L, multi_check(L)->moved);
  return 1;
}

/* multi:completed() -> id of a transfer that has ended, or nil; each is told once */
static int multi_completed(lua_State *L)
{
  Member *member = studio_engine_next_completed(multi_check(L));
  if (member == NULL)
    return 0;
  lua_pushinteger(L, (lua_Integer)member->id);
  return 1;
}

/* multi:pollfd() -> descriptor, or nil where the system has none */
static int multi_pollfd(lua_State *L)
{
  int descriptor = studio_engine_pollfd(multi_check(L));
  if (descriptor == -1)
    return 0;
  lua_pushinteger(L, descriptor);
  return 1;
}

/* multi:ring(): the descriptor is readable until the next step, whatever the sockets say */
static int multi_ring(lua_State *L)
{
  studio_engine_ring(multi_check(L));
  return 0;
}

/* multi:watch(descriptor, wanted) -> whether a step comes back when that one is readable, too */
static int multi_watch(lua_State *L)
{
  Engine *engine = multi_check(L);
  lua_Integer descriptor = luaL_checkinteger(L, 2);
  luaL_argcheck(L, descriptor >= 0 && descriptor <= INT_MAX, 2, "no descriptor");
  lua_pushboolean(L, studio_engine_watch(engine, (int)descriptor, lua_toboolean(L, 3)));
  return 1;
}

/* multi:events() -> "r": the descriptor of an epoll or kqueue is only ever read */
static int multi_events(lua_State *L)
{
  multi_check(L);
  lua_pushliteral(L, "r");
  return 1;
}

/* multi:timeout() -> seconds until step wants to be called even if nothing is readable, or nil */
static int multi_timeout(lua_State *L)
{
  double seconds = studio_engine_timeout(multi_check(L));
  if (seconds < 0)
    return 0;
  lua_pushnumber(L, seconds);
  return 1;
}

/* multi:transfer() -> a transfer that can be started, again and again */
static int multi_transfer(lua_State *L)
{
  return studio_lua_transfer_new(L, multi_check(L));
}

void studio_lua_multi_open(lua_State *L)
{
  static const luaL_Reg functions[] = { { "multi", core_multi }, { NULL, NULL } };
  static const luaL_Reg metamethods[] = {
    { "__gc", multi__gc },
    { "__close", multi__gc },
    { "__tostring", multi__tostring },
    { NULL, NULL },
  };
  static const luaL_Reg methods[] = {
    { "moved", multi_moved },
    { "step", multi_step },
    { "completed", multi_completed },
    { "pollfd", multi_pollfd },
    { "events", multi_events },
    { "timeout", multi_timeout },
    { "ring", multi_ring },
    { "watch", multi_watch },
    { "transfer", multi_transfer },
    { "close", multi_close },
    { NULL, NULL },
  };
  studio_make_class(L, &multi_class, metamethods, methods);
  luaL_setfuncs(L, functions, 0);
}
