/* What Lua sees of transfers: the userdata studio.multi, studio.transfer and studio.headers. What a failure means is decided in Lua. */
#include "multi.h"

#include <stdlib.h>
#include <string.h>

#include "failure.h"
#include "json.h"
#include "transfer.h"

#define MULTI_MT "studio.multi"
#define TRANSFER_MT "studio.transfer"
#define HEADERS_MT "studio.headers"

/* headers ------------------------------------------------------------------------------------------------------------------ */

typedef struct Headers {
  HeaderSet *set;
} Headers;

static int headers__gc(lua_State *L)
{
  Headers *headers = luaL_checkudata(L, 1, HEADERS_MT);
  studio_headers_release(headers->set);
  headers->set = NULL;
  return 0;
}

static int headers__tostring(lua_State *L)
{
  luaL_checkudata(L, 1, HEADERS_MT);
  lua_pushliteral(L, HEADERS_MT);
  return 1;
}

static void add_line(lua_State *L, HeaderSet *set, char *line)
{
  int added = studio_headers_add(set, line);
  studio_wipe(line, strlen(line));
  if (!added)
    luaL_error(L, "out of memory");
}

/* headers{ name, value, name, value, ... } -> header set */
static int core_headers(lua_State *L)
{
  Headers *headers;
  size_t count, index;
  luaL_checktype(L, 1, LUA_TTABLE);
  count = lua_rawlen(L, 1);
  luaL_argcheck(L, count % 2 == 0, 1, "names and values must come in pairs");
  headers = lua_newuserdata(L, sizeof *headers);
  headers->set = NULL;
  luaL_getmetatable(L, HEADERS_MT);
  lua_setmetatable(L, -2);
  headers->set = studio_headers_new();
  if (headers->set == NULL)
    return luaL_error(L, "out of memory");
  for (index = 1; index < count; index += 2) {
    const char *name, *value;
    char *line;
    size_t name_length, value_length;
    lua_rawgeti(L, 1, (int)index);
    lua_rawgeti(L, 1, (int)index + 1);
    if (lua_type(L, -2) != LUA_TSTRING || lua_type(L, -1) != LUA_TSTRING)
      return luaL_error(L, "a header's name and value must be strings");
    name = lua_tolstring(L, -2, &name_length);
    value = lua_tolstring(L, -1, &value_length);
    if (!studio_is_token(name, name_length))
      return luaL_error(L, "a header's name may hold only the characters of a token (RFC 9110)");
    if (!studio_is_field_value(value, value_length))
      return luaL_error(L, "the value of header '%s' holds a control character", name);
    line = lua_newuserdata(L, name_length + value_length + 3);
    memcpy(line, name, name_length);
    /* libcurl's way to write a header without a value is a semicolon; with a colon it would leave the header out. */
    memcpy(line + name_length, value_length > 0 ? ": " : ";", 2);
    memcpy(line + name_length + (value_length > 0 ? 2 : 1), value, value_length + 1);
    add_line(L, headers->set, line);
    lua_pop(L, 3);
  }
  return 1;
}

/* multi -------------------------------------------------------------------------------------------------------------------- */

/* What luaL_checkudata does without a look into the registry: a method has its class as upvalue. */
static void *check_self(lua_State *L, const char *name)
{
  void *self = lua_touserdata(L, 1);
  if (self != NULL && lua_getmetatable(L, 1)) {
    int is_ours = lua_rawequal(L, -1, lua_upvalueindex(1));
    lua_pop(L, 1);
    if (is_ours)
      return self;
  }
  return luaL_checkudata(L, 1, name);
}

static Engine *multi_check(lua_State *L)
{
  Engine *engine = check_self(L, MULTI_MT);
  if (engine->closed)
    luaL_error(L, "multi is closed");
  return engine;
}

/* The string stays in the option table, and so alive, while the engine copies it. */
static char *string_option(lua_State *L, const char *name)
{
  const char *value;
  size_t length;
  lua_getfield(L, 1, name);
  if (!lua_isnil(L, -1) && lua_type(L, -1) != LUA_TSTRING)
    luaL_error(L, "option '%s' must be a string", name);
  value = lua_tolstring(L, -1, &length);
  if (value != NULL && !studio_is_field_value(value, length))
    luaL_error(L, "option '%s' holds a control character", name);
  lua_pop(L, 1);
  return (char *)value;
}

static double number_option(lua_State *L, const char *name)
{
  double value;
  lua_getfield(L, 1, name);
  value = luaL_checknumber(L, -1);
  lua_pop(L, 1);
  return value;
}

/* multi{ connect_timeout, max_response_bytes, user_agent, ca_file, proxy, no_proxy } -> multi */
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
  body_limit = number_option(L, "max_response_bytes");
  if (!(options.connect_timeout > 0) || !(body_limit >= 0))
    return luaL_error(L, "connect_timeout must be more than 0, max_response_bytes 0 or more");
  options.body_limit = body_limit < (double)((size_t)-1 / 2) ? (size_t)body_limit : (size_t)-1 / 2;
  engine = lua_newuserdata(L, sizeof *engine);
  memset(engine, 0, sizeof *engine);
  engine->closed = 1;
  luaL_getmetatable(L, MULTI_MT);
  lua_setmetatable(L, -2);
  if (!studio_engine_open(engine, &options))
    return luaL_error(L, "libcurl cannot make a multi handle");
  return 1;
}

static int multi__gc(lua_State *L)
{
  studio_engine_close(luaL_checkudata(L, 1, MULTI_MT));
  return 0;
}

static int multi__tostring(lua_State *L)
{
  Engine *engine = luaL_checkudata(L, 1, MULTI_MT);
  if (engine->closed)
    lua_pushliteral(L, MULTI_MT " (closed)");
  else
    lua_pushfstring(L, MULTI_MT " (%d in flight)", engine->running);
  return 1;
}

#if defined(LUA_RIDX_MAINTHREAD)
static lua_State *main_thread(lua_State *L)
{
  lua_State *thread;
  lua_rawgeti(L, LUA_REGISTRYINDEX, LUA_RIDX_MAINTHREAD);
  thread = lua_tothread(L, -1);
  lua_pop(L, 1);
  return thread;
}
#else
#define main_thread(L) (L) /* LuaJIT has one hook for all threads, PUC 5.1 no way to the main thread's */
#endif

/* multi:step(seconds[, budget]) -> how many transfers are in flight; no further socket is looked at after `budget` seconds of work */
static int multi_step(lua_State *L)
{
  Engine *engine = multi_check(L);
  lua_State *thread = main_thread(L);
  lua_Hook hook = lua_gethook(thread);
  lua_pushinteger(L, studio_engine_step(engine, luaL_optnumber(L, 2, 0), luaL_optnumber(L, 3, 0)));
  /* The interpreter's Ctrl-C sets a hook on the main thread; a coroutine that waits here would not notice. */
  if (thread != L && lua_gethook(thread) != hook)
    lua_sethook(L, lua_gethook(thread), lua_gethookmask(thread), lua_gethookcount(thread));
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
  Transfer *transfer = studio_engine_next_completed(multi_check(L));
  if (transfer == NULL)
    return 0;
  lua_pushinteger(L, (lua_Integer)transfer->id);
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
  int descriptor = (int)luaL_checkinteger(L, 2);
  lua_pushboolean(L, studio_engine_watch(engine, descriptor, lua_toboolean(L, 3)));
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
  Engine *engine = multi_check(L);
  Transfer *transfer = lua_newuserdata(L, sizeof *transfer);
  memset(transfer, 0, sizeof *transfer);
  luaL_getmetatable(L, TRANSFER_MT);
  lua_setmetatable(L, -2);
  if (!studio_transfer_open(transfer, engine))
    return luaL_error(L, "libcurl cannot make an easy handle");
  return 1;
}

/* transfer ----------------------------------------------------------------------------------------------------------------- */

static Transfer *transfer_check(lua_State *L)
{
  return check_self(L, TRANSFER_MT);
}

static int transfer__gc(lua_State *L)
{
  studio_transfer_close(transfer_check(L));
  return 0;
}

static int transfer__tostring(lua_State *L)
{
  static const char *const states[] = { "idle", "in flight", "done" };
  lua_pushfstring(L, TRANSFER_MT " (%s)", states[transfer_check(L)->state]);
  return 1;
}

static int transfer_id(lua_State *L)
{
  lua_pushinteger(L, (lua_Integer)transfer_check(L)->id);
  return 1;
}

/* transfer:start(method, origin, target, headers, body or nil, timeout in seconds or nil) -> true; or nil, message, name of the failure as in outcome */
static int transfer_start(lua_State *L)
{
  Transfer *transfer = transfer_check(L);
  size_t method_length, target_length;
  RequestText request;
  Headers *headers;
  TransferFailure failure;
  request.method = luaL_checklstring(L, 2, &method_length);
  request.origin = luaL_checkstring(L, 3);
  request.target = luaL_checklstring(L, 4, &target_length);
  headers = luaL_checkudata(L, 5, HEADERS_MT);
  request.body = luaL_optlstring(L, 6, NULL, &request.body_length);
  if (request.body == NULL)
    request.body_length = 0;
  request.timeout = luaL_optnumber(L, 7, 0);
  luaL_argcheck(L, studio_is_token(request.method, method_length), 2, "a method is a token (RFC 9110)");
  luaL_argcheck(L, studio_is_target(request.target, target_length), 4, "a target begins with '/' and is percent-encoded");
  luaL_argcheck(L, headers->set != NULL, 5, "the header set is closed");
  if (transfer->engine == NULL) {
    lua_pushnil(L);
    lua_pushliteral(L, "multi is closed");
    lua_pushliteral(L, "cancelled");
    return 3;
  }
  if (transfer->state == TRANSFER_RUNNING)
    return luaL_error(L, "the transfer is in flight");
  failure = studio_transfer_start(transfer, &request, headers->set);
  if (failure != FAILURE_NONE) {
    lua_pushnil(L);
    lua_pushstring(L, failure == FAILURE_URL ? "the URL is malformed" : "out of memory");
    lua_pushstring(L, failure == FAILURE_URL ? "url" : "memory");
    return 3;
  }
  lua_pushboolean(L, 1);
  return 1;
}

static int transfer_done(lua_State *L)
{
  lua_pushboolean(L, transfer_check(L)->state != TRANSFER_RUNNING);
  return 1;
}

/* transfer:outcome() -> status; or nil, message, name of the failure, sent, status of an answer that broke off or 0.
   `sent` is false when surely no byte of the request left. */
static int transfer_outcome(lua_State *L)
{
  Transfer *transfer = transfer_check(L);
  luaL_argcheck(L, transfer->state == TRANSFER_DONE, 1, "the transfer has not ended");
  if (transfer->failure == FAILURE_NONE) {
    lua_pushinteger(L, transfer->status);
    return 1;
  }
  lua_pushnil(L);
  lua_pushstring(L, studio_failure_text(transfer));
  lua_pushstring(L, studio_failure_name(transfer));
  lua_pushboolean(L, transfer->sent);
  lua_pushinteger(L, transfer->status);
  return 5;
}

/* transfer:decode("keep" | "resource" | "page") -> value, or nil, message */
static int transfer_decode(lua_State *L)
{
  static const char *const rules[] = { "keep", "resource", "page", NULL };
  Transfer *transfer = transfer_check(L);
  int rule = luaL_checkoption(L, 2, "keep", rules);
  luaL_argcheck(L, transfer->state == TRANSFER_DONE, 1, "the transfer has not ended");
  return studio_json_decode(L, transfer->body.length > 0 ? transfer->body.data : "", transfer->body.length, (enum studio_null_rule)rule);
}

/* transfer:object("resource" | "page") -> the body decoded; nil when it is not one JSON object, or the headers call it something else, and who asks
   has to look closer */
static int transfer_object(lua_State *L)
{
  static const char json[] = "application/json";
  Transfer *transfer = transfer_check(L);
  const char *type;
  size_t length;
  if (transfer->body.length == 0)
    return 0;
  if (studio_headers_find(&transfer->head, "content-type", &type, &length)
      && (length < sizeof json - 1 || memcmp(type, json, sizeof json - 1) != 0))
    return 0;
  if (transfer_decode(L) != 1 || !lua_istable(L, -1) || lua_getmetatable(L, -1))
    return 0;
  return 1;
}

/* transfer:body([most]) -> the first bytes of the body, or all */
static int transfer_body(lua_State *L)
{
  Transfer *transfer = transfer_check(L);
  double most = luaL_optnumber(L, 2, (double)transfer->body.length);
  size_t length = transfer->body.length;
  if (most < (double)length)
    length = most > 0 ? (size_t)most : 0;
  lua_pushlstring(L, length > 0 ? transfer->body.data : "", length);
  return 1;
}

static int transfer_size(lua_State *L)
{
  lua_pushinteger(L, (lua_Integer)transfer_check(L)->body.length);
  return 1;
}

static int transfer_seconds(lua_State *L)
{
  lua_pushnumber(L, transfer_check(L)->seconds);
  return 1;
}

/* transfer:http_version() -> "1.0", "1.1", "2" or "3"; nil before an answer came */
static int transfer_http_version(lua_State *L)
{
  static const struct { long version; const char *name; } versions[] = {
    { CURL_HTTP_VERSION_1_0, "1.0" }, { CURL_HTTP_VERSION_1_1, "1.1" }, { CURL_HTTP_VERSION_2_0, "2" }, { CURL_HTTP_VERSION_3, "3" },
  };
  Transfer *transfer = transfer_check(L);
  size_t index;
  for (index = 0; index < sizeof versions / sizeof versions[0]; index++) {
    if (versions[index].version == transfer->http_version) {
      lua_pushstring(L, versions[index].name);
      return 1;
    }
  }
  return 0;
}

/* transfer:header(name) -> value of the first header of that name, or nil */
static int transfer_header(lua_State *L)
{
  const char *value;
  size_t length;
  if (!studio_headers_find(&transfer_check(L)->head, luaL_checkstring(L, 2), &value, &length))
    return 0;
  lua_pushlstring(L, value, length);
  return 1;
}

static void push_lower(lua_State *L, const char *text, size_t length)
{
  luaL_Buffer buffer;
  size_t index;
  luaL_buffinit(L, &buffer);
  for (index = 0; index < length; index++)
    luaL_addchar(&buffer, text[index] >= 'A' && text[index] <= 'Z' ? (char)(text[index] + ('a' - 'A')) : text[index]);
  luaL_pushresult(&buffer);
}

/* transfer:headers() -> table of lower-case names; a repeated header's values are joined by ", " (RFC 9110 §5.3) */
static int transfer_headers(lua_State *L)
{
  Transfer *transfer = transfer_check(L);
  const char *name, *value;
  size_t cursor = 0, name_length, value_length;
  lua_newtable(L);
  while (studio_headers_next(&transfer->head, &cursor, &name, &name_length, &value, &value_length)) {
    push_lower(L, name, name_length);
    lua_pushvalue(L, -1);
    lua_rawget(L, -3);
    if (lua_isnil(L, -1)) {
      lua_pop(L, 1);
      lua_pushlstring(L, value, value_length);
    } else {
      lua_pushliteral(L, ", ");
      lua_pushlstring(L, value, value_length);
      lua_concat(L, 3);
    }
    lua_rawset(L, -3);
  }
  return 1;
}

static int transfer_cancel(lua_State *L)
{
  studio_transfer_cancel(transfer_check(L));
  return 0;
}

/* transfer:reset(): lets go of the answer and the header set */
static int transfer_reset(lua_State *L)
{
  Transfer *transfer = transfer_check(L);
  if (transfer->state == TRANSFER_RUNNING)
    return luaL_error(L, "the transfer is in flight");
  if (transfer->engine != NULL)
    studio_transfer_reset(transfer);
  return 0;
}

static void make_class(lua_State *L, const char *name, const luaL_Reg *metamethods, const luaL_Reg *methods)
{
  luaL_newmetatable(L, name);
  luaL_setfuncs(L, metamethods, 0);
  lua_pushstring(L, name);
  lua_setfield(L, -2, "__name");
  if (methods != NULL) {
    lua_newtable(L);
    for (; methods->name != NULL; methods++) {
      lua_pushvalue(L, -2);
      lua_pushcclosure(L, methods->func, 1);
      lua_setfield(L, -2, methods->name);
    }
    lua_setfield(L, -2, "__index");
  }
  lua_pop(L, 1);
}

void studio_multi_open(lua_State *L)
{
  static const luaL_Reg functions[] = { { "multi", core_multi }, { "headers", core_headers }, { NULL, NULL } };
  static const luaL_Reg headers_meta[] = { { "__gc", headers__gc }, { "__close", headers__gc }, { "__tostring", headers__tostring }, { NULL, NULL } };
  static const luaL_Reg headers_methods[] = { { "close", headers__gc }, { NULL, NULL } };
  static const luaL_Reg multi_meta[] = { { "__gc", multi__gc }, { "__close", multi__gc }, { "__tostring", multi__tostring }, { NULL, NULL } };
  static const luaL_Reg multi_methods[] = {
    { "moved", multi_moved },
    { "step", multi_step }, { "completed", multi_completed }, { "pollfd", multi_pollfd }, { "events", multi_events },
    { "timeout", multi_timeout }, { "ring", multi_ring }, { "watch", multi_watch }, { "transfer", multi_transfer }, { "close", multi__gc }, { NULL, NULL },
  };
  static const luaL_Reg transfer_meta[] = { { "__gc", transfer__gc }, { "__close", transfer__gc }, { "__tostring", transfer__tostring }, { NULL, NULL } };
  static const luaL_Reg transfer_methods[] = {
    { "id", transfer_id }, { "start", transfer_start }, { "done", transfer_done }, { "outcome", transfer_outcome },
    { "decode", transfer_decode }, { "object", transfer_object }, { "body", transfer_body }, { "size", transfer_size },
    { "seconds", transfer_seconds },
    { "http_version", transfer_http_version }, { "header", transfer_header }, { "headers", transfer_headers },
    { "cancel", transfer_cancel }, { "reset", transfer_reset }, { "close", transfer__gc }, { NULL, NULL },
  };
  make_class(L, HEADERS_MT, headers_meta, headers_methods);
  make_class(L, MULTI_MT, multi_meta, multi_methods);
  make_class(L, TRANSFER_MT, transfer_meta, transfer_methods);
  luaL_setfuncs(L, functions, 0);
}
