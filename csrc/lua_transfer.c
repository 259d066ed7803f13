/* The userdata studio.transfer: what Lua sees of a request and its answer. What a failure means is decided in Lua. */
#include "lua_transfer.h"

#include <stdio.h>
#include <string.h>

#include "failure.h"
#include "json.h"
#include "lua_class.h"
#include "lua_headers.h"
#include "lua_step.h"

static const Class transfer_class = { "studio.transfer" };

/* Seconds. A wait without an end looks up this often: a signal that comes just before the wait does not cut it short. */
#define LONGEST_STEP 1.0

/* The transfer whose method is called. */
static Transfer *transfer_check(lua_State *L)
{
  return studio_check_self(L, &transfer_class);
}

/* transfer_check for the methods that replace the answer. Raises while another method reads it: what that one allocates may have
   called the collector, and a finalizer of the program's this one. */
static Transfer *transfer_check_unread(lua_State *L)
{
  Transfer *transfer = transfer_check(L);
  if (transfer->readers > 0)
    luaL_error(L, "the transfer's answer is being read");
  return transfer;
}

/* Called by the collector, when no method of the transfer can be running: a reader that is still counted was left by an error of Lua's (no
   memory). */
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

/* tostring(transfer) -> the name of the class, and how far the transfer is. */
static int transfer__tostring(lua_State *L)
{
  static const char *const states[] = { "idle", "in flight", "done" };
  lua_pushfstring(L, "%s (%s)", transfer_class.name, states[transfer_check(L)->state]);
  return 1;
}

/* transfer:id() -> what multi:completed calls this transfer */
static int transfer_id(lua_State *L)
{
  lua_pushinteger(L, (lua_Integer)transfer_check(L)->member.id);
  return 1;
}

/* A text argument; a number is none: turning one into a text allocates, and what runs then may close what other arguments are. */
static const char *text_argument(lua_State *L, int index, size_t *length)
{
  luaL_checktype(L, index, LUA_TSTRING);
  return lua_tolstring(L, index, length);
}

/* Starts what the arguments 2 to 7 say: method, origin, target, headers, body or nil, timeout in seconds or nil. */
static TransferFailure start(lua_State *L, Transfer *transfer)
{
  size_t method_length, origin_length, target_length;
  RequestText request;
  HeaderSet *headers;
  request.method = text_argument(L, 2, &method_length);
  request.origin = text_argument(L, 3, &origin_length);
  request.target = text_argument(L, 4, &target_length);
  request.body = NULL;
  request.body_length = 0;
  if (!lua_isnoneornil(L, 6))
    request.body = text_argument(L, 6, &request.body_length);
  request.timeout = luaL_optnumber(L, 7, 0);
  luaL_argcheck(L, request.timeout >= 0, 7, "a timeout is 0 seconds or more");
  luaL_argcheck(L, studio_is_token(request.method, method_length), 2, "a method is a token (RFC 9110)");
  luaL_argcheck(L, strlen(request.origin) == origin_length, 3, "an origin holds no zero byte");
  luaL_argcheck(L, studio_is_target(request.target, target_length), 4, "a target begins with '/' and is percent-encoded");
  if (transfer->engine == NULL)
    return FAILURE_CANCELLED; /* whoever closed it has let go of the headers, too */
  headers = studio_lua_headers_check(L, 5);
  if (transfer->state == TRANSFER_RUNNING)
    luaL_error(L, "the transfer is in flight");
  return studio_transfer_start(transfer, &request, headers);
}

/* transfer:start(method, origin, target, headers, body or nil, timeout in seconds or nil) -> its id; or nil, message, name of the failure
   as in outcome */
static int transfer_start(lua_State *L)
{
  Transfer *transfer = transfer_check_unread(L);
  TransferFailure failure = start(L, transfer);
  if (failure == FAILURE_NONE) {
    lua_pushinteger(L, (lua_Integer)transfer->member.id);
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

/* transfer:done() -> whether it is not in flight */
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

/* Pushes the body decoded, and gives 1; or nil and a message, and gives 2. */
static int decode(lua_State *L, Transfer *transfer, enum studio_null_rule rule)
{
  int results;
  luaL_argcheck(L, transfer->state == TRANSFER_DONE, 1, "the transfer has not ended");
  studio_transfer_hold(transfer);
  results = studio_json_decode(L, transfer->body.length > 0 ? transfer->body.data : "", transfer->body.length, rule);
  studio_transfer_let_go(transfer);
  return results;
}

/* What an answer has to be, by the rule of its operation: names of the values of enum studio_null_rule in their order, and "nothing" for an
   operation whose answer has no body. */
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
static int push_object(lua_State *L, Transfer *transfer, enum studio_null_rule rule)
{
  if (transfer->body.length == 0 || transfer->is_other_type)
    return 0;
  return decode(L, transfer, rule) == 1 && lua_istable(L, -1) && !lua_getmetatable(L, -1);
}

/* Pushes what an answer brought that succeeded and is plainly what it should be, `true` where that is nothing; 0 when it has to be looked
   at closer. */
static int push_plain(lua_State *L, Transfer *transfer, int rule)
{
  if (transfer->state != TRANSFER_DONE || transfer->failure != FAILURE_NONE || transfer->status < 200 || transfer->status >= 300)
    return 0;
  if (rule != RULE_NOTHING)
    return push_object(L, transfer, (enum studio_null_rule)rule);
  lua_pushboolean(L, 1);
  return 1;
}

/* transfer:object("keep" | "resource" | "page" | "nothing") -> what the answer brought, where it succeeded and is plainly one JSON object,
   or `true` where nothing is due; nil where whoever asks has to look closer */
static int transfer_object(lua_State *L)
{
  return push_plain(L, transfer_check(L), luaL_checkoption(L, 2, NULL, rules));
}

/* A receipt is a Lua string: the header block, and behind it the bytes of one of these. What differs most is last: LuaJIT's hash of a
   string looks at its last four bytes, and strings that have the same make each other slower. */
typedef struct Numbers {
  long status;
  long attempts;
  double seconds;
} Numbers;

/* Pushes all that is known of an answer which the attempt of that number brought. */
static void push_receipt(lua_State *L, Transfer *transfer, int attempt)
{
  Buffer *head = &transfer->head;
  Numbers numbers = { 0 };
  numbers.seconds = transfer->seconds;
  numbers.status = transfer->status;
  numbers.attempts = attempt;
  if (!studio_buffer_reserve(head, head->length + sizeof numbers))
    luaL_error(L, "out of memory");
  memcpy(head->data + head->length, &numbers, sizeof numbers);
  studio_transfer_hold(transfer);
  lua_pushlstring(L, head->data, head->length + sizeof numbers);
  studio_transfer_let_go(transfer);
}

/* transfer:receipt(attempt) -> all that is known of an answer, in one string: the header block as it came and some numbers, for
   read_receipt */
static int transfer_receipt(lua_State *L)
{
  push_receipt(L, transfer_check(L), (int)luaL_checkinteger(L, 2));
  return 1;
}

/* Pushes what push_plain does and its receipt, and lets go of the answer; 0 where the answer has to be looked at closer. */
static int push_taken(lua_State *L, Transfer *transfer, int rule, int attempt)
{
  int is_plain;
  studio_transfer_hold(transfer); /* a finalizer that closes it while the body is read takes no header away */
  is_plain = push_plain(L, transfer, rule);
  if (is_plain && rule == RULE_NOTHING)
    lua_pushnil(L);
  else if (is_plain)
    push_receipt(L, transfer, attempt);
  studio_transfer_let_go(transfer);
  if (is_plain && transfer->engine != NULL)
    studio_transfer_reset(transfer);
  return is_plain;
}

/* transfer:take(rule, attempt) -> what object gives, and the receipt; the answer is let go of then, as by reset. nil where object gives
   that, and the answer stays. */
static int transfer_take(lua_State *L)
{
  Transfer *transfer = transfer_check_unread(L);
  int rule = luaL_checkoption(L, 2, NULL, rules);
  return push_taken(L, transfer, rule, (int)luaL_checkinteger(L, 3)) ? 2 : 0;
}

/* transfer:exchange(those of start, rule, attempt) -> what take gives; or nil, and the id; nothing where it could not be started. start(),
   a step and take() in one call, for a program that has nothing else to do meanwhile. The step may end early; the value is nil then. */
static int transfer_exchange(lua_State *L)
{
  Transfer *transfer = transfer_check_unread(L);
  int rule = luaL_checkoption(L, 8, NULL, rules);
  int attempt = (int)luaL_checkinteger(L, 9);
  if (start(L, transfer) != FAILURE_NONE)
    return 0;
  studio_lua_step(L, transfer->engine, LONGEST_STEP, 0);
  if (push_taken(L, transfer, rule, attempt))
    return 2;
  lua_pushnil(L);
  lua_pushinteger(L, (lua_Integer)transfer->member.id);
  return 2;
}

/* read_receipt(receipt) -> status, attempts, seconds, and a table of the headers: lower-case name -> value */
static int core_read_receipt(lua_State *L)
{
  Buffer head = { 0 };
  Numbers numbers;
  luaL_checktype(L, 1, LUA_TSTRING);
  head.data = (char *)lua_tolstring(L, 1, &head.length);
  luaL_argcheck(L, head.length >= sizeof numbers, 1, "this is no receipt");
  head.length -= sizeof numbers;
  memcpy(&numbers, head.data + head.length, sizeof numbers);
  lua_pushinteger(L, numbers.status);
  lua_pushinteger(L, numbers.attempts);
  lua_pushnumber(L, numbers.seconds);
  studio_lua_headers_push(L, &head);
  return 4;
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

/* transfer:size() -> bytes of the body that have come */
static int transfer_size(lua_State *L)
{
  lua_pushinteger(L, (lua_Integer)transfer_check(L)->body.length);
  return 1;
}

/* transfer:seconds() -> how long the exchange took; 0 before it has ended */
static int transfer_seconds(lua_State *L)
{
  lua_pushnumber(L, transfer_check(L)->seconds);
  return 1;
}

/* transfer:http_version() -> "1.0", "1.1", "2" or "3"; nil before an answer came */
static int transfer_http_version(lua_State *L)
{
  static const struct {
    long version;
    const char *name;
  } versions[] = {
    { CURL_HTTP_VERSION_1_0, "1.0" },
    { CURL_HTTP_VERSION_1_1, "1.1" },
    { CURL_HTTP_VERSION_2_0, "2" },
    { CURL_HTTP_VERSION_3, "3" },
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

/* transfer:headers() -> table of lower-case names */
static int transfer_headers(lua_State *L)
{
  Transfer *transfer = transfer_check(L);
  studio_transfer_hold(transfer);
  studio_lua_headers_push(L, &transfer->head);
  studio_transfer_let_go(transfer);
  return 1;
}

/* transfer:cancel(): ends it if it is in flight; its outcome is "cancelled" */
static int transfer_cancel(lua_State *L)
{
  studio_transfer_cancel(transfer_check(L));
  return 0;
}

/* transfer:reset(): lets go of the answer and the header set */
static int transfer_reset(lua_State *L)
{
  Transfer *transfer = transfer_check_unread(L);
  if (transfer->state == TRANSFER_RUNNING)
    return luaL_error(L, "the transfer is in flight");
  if (transfer->engine != NULL)
    studio_transfer_reset(transfer);
  return 0;
}

int studio_lua_transfer_new(lua_State *L, Engine *engine)
{
  Transfer *transfer = lua_newuserdata(L, sizeof *transfer);
  memset(transfer, 0, sizeof *transfer);
  studio_set_class(L, &transfer_class);
  /* The allocation may have run a finalizer that closed the engine: whatever is started says so. */
  if (engine->closed) {
    transfer->state = TRANSFER_DONE;
    transfer->failure = FAILURE_CANCELLED;
    return 1;
  }
  if (!studio_transfer_open(transfer, engine))
    return luaL_error(L, "libcurl cannot make an easy handle");
  return 1;
}

void studio_lua_transfer_open(lua_State *L)
{
  static const luaL_Reg functions[] = { { "read_receipt", core_read_receipt }, { NULL, NULL } };
  static const luaL_Reg metamethods[] = {
    { "__gc", transfer__gc },
    { "__close", transfer_close },
    { "__tostring", transfer__tostring },
    { NULL, NULL },
  };
  static const luaL_Reg methods[] = {
    { "id", transfer_id },
    { "start", transfer_start },
    { "exchange", transfer_exchange },
    { "take", transfer_take },
    { "done", transfer_done },
    { "outcome", transfer_outcome },
    { "object", transfer_object },
    { "decode", transfer_decode },
    { "body", transfer_body },
    { "size", transfer_size },
    { "seconds", transfer_seconds },
    { "http_version", transfer_http_version },
    { "header", transfer_header },
    { "headers", transfer_headers },
    { "receipt", transfer_receipt },
    { "cancel", transfer_cancel },
    { "reset", transfer_reset },
    { "close", transfer_close },
    { NULL, NULL },
  };
  studio_make_class(L, &transfer_class, metamethods, methods);
  luaL_setfuncs(L, functions, 0);
}
