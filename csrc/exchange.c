/* The userdata studio.transfer: what Lua sees of a request and its answer. What a failure means is decided in Lua. */
#include "exchange.h"

#include <string.h>

#include "classes.h"
#include "failure.h"
#include "json.h"
#include "multi.h"

#define TRANSFER_MT "studio.transfer"

/* Seconds. A wait without an end looks up this often: a signal that comes just before the wait does not cut it short. */
#define LONGEST_STEP 1.0

static Transfer *transfer_check(lua_State *L)
{
  return studio_check_self(L, TRANSFER_MT);
}

static int transfer__gc(lua_State *L)
{
  studio_transfer_free(transfer_check(L));
  return 0;
}

/* transfer:close(): ends it if it is in flight; it can be used no more */
static int transfer_close(lua_State *L)
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

static void check_at_rest(lua_State *L, const Transfer *transfer)
{
  if (transfer->state == TRANSFER_RUNNING)
    luaL_error(L, "the transfer is in flight");
  if (transfer->readers > 0)
    luaL_error(L, "the transfer's answer is being read");
}

/* Starts what the arguments 2 to 7 say: method, origin, target, headers, body or nil, timeout in seconds or nil. */
static TransferFailure start(lua_State *L, Transfer *transfer)
{
  size_t method_length, target_length;
  RequestText request;
  HeaderSet *headers;
  request.method = luaL_checklstring(L, 2, &method_length);
  request.origin = luaL_checkstring(L, 3);
  request.target = luaL_checklstring(L, 4, &target_length);
  request.body = luaL_optlstring(L, 6, NULL, &request.body_length);
  if (request.body == NULL)
    request.body_length = 0;
  request.timeout = luaL_optnumber(L, 7, 0);
  /* After the strings: making one of a number may run a finalizer that closes the set. */
  headers = studio_headers_check(L, 5);
  luaL_argcheck(L, studio_is_token(request.method, method_length), 2, "a method is a token (RFC 9110)");
  luaL_argcheck(L, studio_is_target(request.target, target_length), 4, "a target begins with '/' and is percent-encoded");
  if (transfer->engine == NULL)
    return FAILURE_CANCELLED;
  check_at_rest(L, transfer);
  return studio_transfer_start(transfer, &request, headers);
}

/* transfer:start(method, origin, target, headers, body or nil, timeout in seconds or nil) -> its id; or nil, message, name of the failure as in outcome */
static int transfer_start(lua_State *L)
{
  Transfer *transfer = transfer_check(L);
  TransferFailure failure = start(L, transfer);
  if (failure == FAILURE_NONE) {
    lua_pushinteger(L, (lua_Integer)transfer->id);
    return 1;
  }
  lua_pushnil(L);
  if (failure == FAILURE_CANCELLED) {
    lua_pushliteral(L, "multi is closed");
    lua_pushliteral(L, "cancelled");
  } else {
    lua_pushstring(L, failure == FAILURE_URL ? "the URL is malformed" : "out of memory");
    lua_pushstring(L, failure == FAILURE_URL ? "url" : "memory");
  }
  return 3;
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
  const char *name;
  long status = transfer->status;
  int sent = transfer->sent;
  luaL_argcheck(L, transfer->state == TRANSFER_DONE, 1, "the transfer has not ended");
  if (transfer->failure == FAILURE_NONE) {
    lua_pushinteger(L, status);
    return 1;
  }
  name = studio_failure_name(transfer); /* before a finalizer closes it */
  lua_pushnil(L);
  lua_pushstring(L, studio_failure_text(transfer));
  lua_pushstring(L, name);
  lua_pushboolean(L, sent);
  lua_pushinteger(L, status);
  return 5;
}

static int decode(lua_State *L, Transfer *transfer, enum studio_null_rule rule)
{
  int count;
  luaL_argcheck(L, transfer->state == TRANSFER_DONE, 1, "the transfer has not ended");
  studio_transfer_hold(transfer);
  count = studio_json_decode(L, transfer->body.length > 0 ? transfer->body.data : "", transfer->body.length, rule);
  studio_transfer_let_go(transfer);
  return count;
}

/* The first are those of enum studio_null_rule. */
#define RULE_NOTHING (STUDIO_NULLS_PAGE + 1)
static const char *const rules[] = { "keep", "resource", "page", "nothing", NULL };

/* transfer:decode("keep" | "resource" | "page") -> value, or nil, message */
static int transfer_decode(lua_State *L)
{
  Transfer *transfer = transfer_check(L);
  int rule = luaL_checkoption(L, 2, "keep", rules);
  luaL_argcheck(L, rule != RULE_NOTHING, 2, "there is nothing to decode");
  return decode(L, transfer, (enum studio_null_rule)rule);
}

/* Pushes the body, decoded, when it is one JSON object and the headers do not call it something else; 0 when it is not. */
static int push_object(lua_State *L, Transfer *transfer, int rule)
{
  static const char json[] = "application/json";
  const char *type;
  size_t length;
  if (transfer->body.length == 0)
    return 0;
  if (studio_headers_find(&transfer->head, "content-type", &type, &length)
      && (length < sizeof json - 1 || memcmp(type, json, sizeof json - 1) != 0))
    return 0;
  return decode(L, transfer, (enum studio_null_rule)rule) == 1 && lua_istable(L, -1) && !lua_getmetatable(L, -1);
}

/* transfer:object("resource" | "page") -> the body decoded; nil when it is not plainly one JSON object, and who asks has to look closer */
static int transfer_object(lua_State *L)
{
  Transfer *transfer = transfer_check(L);
  int rule = luaL_checkoption(L, 2, NULL, rules);
  luaL_argcheck(L, rule != RULE_NOTHING, 2, "there is nothing to decode");
  return push_object(L, transfer, rule);
}

/* Pushes what an answer brought that succeeded and is plainly what it should be, and lets go of it; or nil, and the answer stays to be
   looked at closer. */
static void take(lua_State *L, Transfer *transfer, int rule)
{
  int is_plain = transfer->state == TRANSFER_DONE && transfer->failure == FAILURE_NONE && transfer->status >= 200 && transfer->status < 300;
  if (is_plain && rule == RULE_NOTHING)
    lua_pushboolean(L, 1);
  else if (!is_plain || !push_object(L, transfer, rule))
    lua_pushnil(L);
  if (!lua_isnil(L, -1) && transfer->engine != NULL && transfer->readers == 0)
    studio_transfer_reset(transfer);
}

/* transfer:take(rule) -> what the answer brought, `true` where that is "nothing"; or nil, see `take` */
static int transfer_take(lua_State *L)
{
  take(L, transfer_check(L), luaL_checkoption(L, 2, NULL, rules));
  return 1;
}

/* transfer:exchange(those of start, rule) -> what take gives, and the id; nothing where it could not be started. For who has nothing else to do:
   start, a step, and take in one. A step may end early, and then take gives nil. */
static int transfer_exchange(lua_State *L)
{
  Transfer *transfer = transfer_check(L);
  int rule = luaL_checkoption(L, 8, NULL, rules);
  if (start(L, transfer) != FAILURE_NONE)
    return 0;
  studio_multi_step(L, transfer->engine, LONGEST_STEP, 0);
  take(L, transfer, rule);
  lua_pushinteger(L, (lua_Integer)transfer->id);
  return 2;
}

/* transfer:body([most]) -> the first bytes of the body, or all */
static int transfer_body(lua_State *L)
{
  Transfer *transfer = transfer_check(L);
  double most = luaL_optnumber(L, 2, (double)transfer->body.length);
  size_t length = transfer->body.length;
  if (!(most >= (double)length))
    length = most > 0 ? (size_t)most : 0;
  studio_transfer_hold(transfer);
  lua_pushlstring(L, length > 0 ? transfer->body.data : "", length);
  studio_transfer_let_go(transfer);
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
  Transfer *transfer = transfer_check(L);
  const char *name = luaL_checkstring(L, 2), *value;
  size_t length;
  if (!studio_headers_find(&transfer->head, name, &value, &length))
    return 0;
  studio_transfer_hold(transfer);
  lua_pushlstring(L, value, length);
  studio_transfer_let_go(transfer);
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
  studio_transfer_hold(transfer);
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
  studio_transfer_let_go(transfer);
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
  if (transfer->engine == NULL)
    return 0;
  check_at_rest(L, transfer);
  studio_transfer_reset(transfer);
  return 0;
}

int studio_exchange_new(lua_State *L, Engine *engine)
{
  Transfer *transfer = lua_newuserdata(L, sizeof *transfer);
  memset(transfer, 0, sizeof *transfer);
  luaL_getmetatable(L, TRANSFER_MT);
  lua_setmetatable(L, -2);
  /* Closed meanwhile by a finalizer, the transfer is as one that was made before the close. */
  if (engine->closed) {
    transfer->state = TRANSFER_DONE;
    transfer->failure = FAILURE_CANCELLED;
    return 1;
  }
  if (!studio_transfer_open(transfer, engine))
    return luaL_error(L, "libcurl cannot make an easy handle");
  return 1;
}

void studio_exchange_open(lua_State *L)
{
  static const luaL_Reg transfer_meta[] = { { "__gc", transfer__gc }, { "__close", transfer_close }, { "__tostring", transfer__tostring }, { NULL, NULL } };
  static const luaL_Reg transfer_methods[] = {
    { "id", transfer_id }, { "start", transfer_start }, { "done", transfer_done }, { "outcome", transfer_outcome },
    { "exchange", transfer_exchange }, { "take", transfer_take }, { "decode", transfer_decode }, { "object", transfer_object },
    { "body", transfer_body }, { "size", transfer_size }, { "seconds", transfer_seconds },
    { "http_version", transfer_http_version }, { "header", transfer_header }, { "headers", transfer_headers },
    { "cancel", transfer_cancel }, { "reset", transfer_reset }, { "close", transfer_close }, { NULL, NULL },
  };
  studio_make_class(L, TRANSFER_MT, transfer_meta, transfer_methods);
}
