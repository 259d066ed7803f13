/*
 * The JSON decoder: from bytes straight into Lua tables, in one pass, without recursion.
 *
 * What a container holds waits on the Lua stack until the container ends; then its table is made in the right size and
 * filled. A container that outgrows PILE_SLOTS gets its table early ("spills") and what follows is set into it at once, so
 * that the stack stays small however long an array is.
 *
 * Records of a page repeat their keys in the same order, and many values too, and so do the answers to like requests. Of each
 * key we know which one came next and what string it had as its value (json_keys.h). A repeated key, with the punctuation
 * around it, or a repeated value is told by one comparison of bytes and then is at hand instead of being hashed.
 *
 * Functions that read take the place in the text and give the place behind what they read, or NULL after a fault.
 */
#include "json.h"

#include <limits.h>
#include <stdint.h>
#include <string.h>

#include "compat.h"
#include "json_keys.h"
#include "json_text.h"
#include "lua_gc.h"

#define ARRAY_MT "studio.array"

enum {
  MAX_DEPTH = 512,
  PILE_SLOTS = 64,       /* stack slots that one container may fill before it gets its table */
  PILE_CEILING = 2048,   /* no container piles up values above this many slots: Lua 5.1 and LuaJIT end at 8000 */
  SLOT_STEP = 32,        /* stack slots asked for at a time */
  READY_SLOTS = 24,      /* stack slots for values that came before; more are made anew each time */
  SHORT_TEXT = 4096,     /* bytes; fewer hold no such values to speak of, and the stack of a task's coroutine need not grow for them */
  ARRAY_SLOT_BYTES = 16, /* about what an element costs in a Lua table */
  ESCAPE_BUFFER = 512,
  LARGE_TEXT = 128 * 1024 /* bytes; what is decoded of it makes the collector run several times */
};

/* Fixed slots, counted from the stack's top at entry. */
enum { SLOT_MT = 1, SLOT_SCRATCH, SLOT_KEYS, FIRST_READY };

/* A container that is not complete. */
struct frame {
  const char *start;
  struct json_key *owner;     /* the key it stands under */
  struct json_key *last;      /* object: the key read last */
  struct json_key **expected; /* object: where it is noted which key came next last time, or NULL */
  uint64_t serial;
  int slot;  /* stack slot of its table; before the table is made, the slot kept for it */
  int count; /* elements or pairs so far */
  bool is_object;
  bool has_table;
  bool drops_nulls;
  bool may_repeat; /* object: some key may have come before */
};

struct decoder {
  lua_State *L;
  const char *end;
  int base;          /* stack slots in use at entry */
  int top;           /* stack slots in use now, kept here to spare calls */
  int limit;         /* stack slots that are allowed */
  int depth;         /* open containers; frame[depth - 1] is the innermost */
  int ready;         /* ready values on the stack */
  int most_ready;    /* as many as there are slots for */
  int learned_depth; /* keys of objects that are deeper are not the service's own, and not remembered after the text */
  bool forgets;      /* there were such keys */
  size_t scratch;    /* size of the scratch userdata */
  uint64_t before;   /* serial of the last object of the text before */
  enum studio_null_rule rule;
  struct json_fault fault;
  struct json_keys *keys;
  struct frame *frame; /* MAX_DEPTH of them */
};

/* Notes what is wrong with the text at a place; gives NULL, for the caller to give. */
static const char *fail(struct decoder *d, const char *at, const char *message, bool show_found)
{
  return studio_json_fail(&d->fault, at, message, show_found);
}

/* Room for a few more stack slots. */
static inline bool reserve_slots(struct decoder *d, const char *at)
{
  if (d->limit - d->top >= 8)
    return true;
  if (!lua_checkstack(d->L, SLOT_STEP)) {
    fail(d, at, "no room on the Lua stack for text nested so deep", false);
    return false;
  }
  d->limit = d->top + SLOT_STEP;
  return true;
}

/* ---- Strings ---- */

/* Keeps the string on top of the stack for later, where there is room; *slot is 0 before it has one. */
static bool keep_ready(struct decoder *d, int *slot)
{
  if (*slot == 0) {
    if (d->ready == d->most_ready)
      return false;
    *slot = d->base + FIRST_READY + d->ready++;
  }
  lua_pushvalue(d->L, -1);
  lua_replace(d->L, *slot);
  return true;
}

/* A place of `size` bytes that Lua owns, made larger when need be. */
static char *scratch(struct decoder *d, size_t size)
{
  if (d->scratch < size) {
    size_t room = d->scratch ? d->scratch : 2048;
    while (room < size)
      room = room > SIZE_MAX / 2 ? size : room * 2;
    studio_newuserdata(d->L, room);
    lua_replace(d->L, d->base + SLOT_SCRATCH);
    d->scratch = room;
  }
  return lua_touserdata(d->L, d->base + SLOT_SCRATCH);
}

/* Pushes the string between `at` and the quote at `stop`, which has escapes in it. */
static void push_escaped(struct decoder *d, const char *at, const char *stop)
{
  char small[ESCAPE_BUFFER];
  size_t size = (size_t)(stop - at);
  char *out = size <= sizeof small ? small : scratch(d, size);
  size = studio_json_unescape(at, stop, out);
  lua_pushlstring(d->L, out, size);
}

/* Pushes the string whose opening quote is at `at`, the value of `key` if that is not NULL. */
static inline const char *push_string(struct decoder *d, const char *at, struct json_key *key)
{
  const char *stop;
  bool escaped;
  at++;
  if (key && key->value && studio_json_goes_on_with(at, d->end, key->value, key->value_length + 1)) { /* with its closing quote */
    at += key->value_length + 1;
    if (key->value_ready) {
      lua_pushvalue(d->L, key->value_slot);
    } else {
      lua_pushlstring(d->L, key->value, key->value_length);
      key->value_ready = keep_ready(d, &key->value_slot);
    }
    return at;
  }
  stop = studio_json_skip_plain(at, d->end);
  if (stop == d->end || *stop != '"') {
    stop = studio_json_scan_string(stop, d->end, &escaped, &d->fault);
    if (stop == NULL)
      return NULL;
    if (escaped) {
      push_escaped(d, at, stop);
      return stop + 1;
    }
  }
  if (key) {
    key->value = at;
    key->value_length = (size_t)(stop - at);
    key->value_ready = false;
  }
  lua_pushlstring(d->L, at, (size_t)(stop - at));
  return stop + 1;
}

/* ---- Keys ---- */

/* Notes that a key stands in this object. */
static inline void meet_key(const struct decoder *d, struct frame *frame, struct json_key *key)
{
  if (key->serial <= d->before) { /* what we know of its value is of another text */
    key->value = NULL;
    key->value_slot = 0;
  } else if (key->serial == frame->serial) {
    frame->may_repeat = true;
  }
  key->serial = frame->serial;
  frame->last = key;
  frame->expected = &key->next;
}

/* The table gets the string only of a key that comes again: many keys of a large text come once and are forgotten. */
static void push_again(struct decoder *d, struct json_key *key)
{
  lua_pushlstring(d->L, key->lead + 1, key->length);
  lua_pushvalue(d->L, -1);
  lua_rawseti(d->L, d->base + SLOT_KEYS, key->place);
  key->has_string = true;
}

/* Pushes a key of the memory; it is made anew where its string was not kept. */
static inline void push_known_key(struct decoder *d, struct json_key *key)
{
  if (key->has_string)
    lua_rawgeti(d->L, d->base + SLOT_KEYS, key->place);
  else
    push_again(d, key);
}

/* Reads and pushes a key that is not the expected one, up to its value. */
static const char *read_key(struct decoder *d, struct frame *frame, const char *lead)
{
  const char *bytes = lead + 1, *at;
  size_t length;
  int known = d->keys->count;
  bool escaped;
  struct json_key *key;
  if (lead == d->end || *lead != '"')
    return fail(d, lead, "expected a key in double quotes", true);
  at = studio_json_scan_string(bytes, d->end, &escaped, &d->fault);
  if (at == NULL)
    return NULL;
  length = (size_t)(at - bytes);
  key = escaped ? NULL : studio_json_keys_find(d->keys, bytes, length, frame->owner);
  if (escaped)
    push_escaped(d, bytes, at);
  else if (key == NULL || d->keys->count > known)
    lua_pushlstring(d->L, bytes, length);
  else
    push_known_key(d, key);
  at = studio_json_skip_space(at + 1, d->end);
  if (at == d->end || *at != ':')
    return fail(d, at, "expected ':' after a key", true);
  at = studio_json_skip_space(at + 1, d->end);
  if (frame->expected)
    *frame->expected = key;
  if (key == NULL) {
    frame->last = NULL;
    frame->expected = NULL;
    frame->may_repeat = true;
    return at;
  }
  meet_key(d, frame, key);
  if (d->depth > d->learned_depth && d->keys->count > known)
    d->forgets = true;
  if (at - lead <= LEAD_SIZE) {
    key->lead_length = (unsigned char)(at - lead);
    memcpy(key->lead, lead, key->lead_length);
  }
  return at;
}

/* ---- Containers ---- */

/* Whether a null in the innermost container is left out: that is a resource, or a page's record or `meta`. */
static bool drops_nulls(const struct decoder *d)
{
  if (d->rule == STUDIO_NULLS_RESOURCE)
    return d->depth == 1;
  return d->rule == STUDIO_NULLS_PAGE && (d->depth == 2 || (d->depth == 3 && !d->frame[1].is_object));
}

/* Enters the array or object whose bracket is at `at`; gives what is behind the bracket, NULL where it is too deep. */
static const char *open_container(struct decoder *d, const char *at)
{
  struct frame *frame, *parent = d->depth ? &d->frame[d->depth - 1] : NULL;
  if (!reserve_slots(d, at))
    return NULL;
  if (d->depth == MAX_DEPTH)
    return fail(d, at, "expected at most 512 levels of arrays and objects", false);
  frame = &d->frame[d->depth++];
  frame->start = at;
  frame->count = 0;
  frame->serial = ++d->keys->serial;
  frame->owner = !parent ? d->keys->entry : parent->is_object ? parent->last : parent->owner;
  frame->last = NULL;
  frame->expected = frame->owner ? &frame->owner->child : NULL;
  frame->is_object = *at == '{';
  frame->has_table = d->top > d->base + PILE_CEILING;
  frame->drops_nulls = frame->is_object && drops_nulls(d);
  frame->may_repeat = false;
  frame->slot = ++d->top;
  if (frame->has_table)
    lua_createtable(d->L, 0, 0);
  else
    lua_pushnil(d->L);
  return at + 1;
}

/* Makes the table of a container and moves into it what waits on the stack. */
static void build_table(struct decoder *d, struct frame *frame, int size)
{
  lua_State *L = d->L;
  int slot = frame->slot, count = frame->count;
  lua_createtable(L, frame->is_object ? 0 : size, frame->is_object ? size : 0);
  lua_replace(L, slot);
  if (!frame->is_object) {
    for (int i = count; i > 0; i--)
      lua_rawseti(L, slot, i);
  } else if (!frame->may_repeat) {
    for (int i = count; i > 0; i--)
      lua_rawset(L, slot);
  } else { /* in the order of the text, so that the last of two equal keys wins */
    for (int i = 0; i < count; i++) {
      lua_pushvalue(L, slot + 1 + 2 * i);
      lua_pushvalue(L, slot + 2 + 2 * i);
      lua_rawset(L, slot);
    }
    lua_settop(L, slot);
  }
  d->top = slot;
  frame->has_table = true;
}

/*
 * How large to make an array that has filled its pile: as many elements as the rest of the text may hold if they go on
 * like this, but never more memory ahead than the text of the elements so far has taken.
 */
static int guess_size(const struct decoder *d, const struct frame *frame, const char *at)
{
  size_t read = (size_t)(at - frame->start), rest = (size_t)(d->end - at);
  size_t more = rest / (read / (size_t)frame->count + 1);
  if (more > read / ARRAY_SLOT_BYTES)
    more = read / ARRAY_SLOT_BYTES;
  return more > INT_MAX / 4 ? INT_MAX / 4 : frame->count + (int)more;
}

/* Gives the value on top of the stack, which ends before `at`, to its container. */
static inline bool store_value(struct decoder *d, struct frame *frame, const char *at)
{
  if (frame->has_table) {
    if (frame->count == INT_MAX) {
      fail(d, at, "expected fewer elements in one array or object", false);
      return false;
    }
    frame->count++;
    if (frame->is_object)
      lua_rawset(d->L, frame->slot);
    else
      lua_rawseti(d->L, frame->slot, frame->count);
    d->top = frame->slot;
    return true;
  }
  frame->count++;
  if (d->top - frame->slot >= PILE_SLOTS)
    build_table(d, frame, frame->is_object ? PILE_SLOTS : guess_size(d, frame, at));
  return true;
}

/* The innermost container becomes a value on top of the stack. */
static void close_container(struct decoder *d)
{
  struct frame *frame = &d->frame[d->depth - 1];
  lua_State *L = d->L;
  if (!frame->has_table)
    build_table(d, frame, frame->count);
  if (!frame->is_object) {
    if (lua_isnil(L, d->base + SLOT_MT)) {
      lua_getfield(L, LUA_REGISTRYINDEX, ARRAY_MT);
      lua_replace(L, d->base + SLOT_MT);
    }
    lua_pushvalue(L, d->base + SLOT_MT);
    lua_setmetatable(L, frame->slot);
  }
  d->depth--;
}

/* ---- Values ---- */

/* From a value to the comma, or the closing bracket, that follows it in its container. */
static inline const char *find_comma(struct decoder *d, const struct frame *frame, const char *at)
{
  if (at < d->end && *at == ',')
    return at;
  at = studio_json_skip_space(at, d->end);
  if (at == d->end || (*at != ',' && *at != (frame->is_object ? '}' : ']')))
    return fail(d, at, frame->is_object ? "expected ',' or '}' after a value" : "expected ',' or ']' after a value", true);
  return at;
}

/* Reads the value of a key. The key is on the stack already unless it is given as `unpushed`. */
static inline const char *read_field(struct decoder *d, struct frame *frame, const char *at, struct json_key *unpushed)
{
  bool drops_null = *at == 'n' && frame->drops_nulls;
  if (drops_null && !frame->may_repeat) {
    if (!unpushed)
      lua_settop(d->L, d->top);
    return studio_json_scan_word(at, d->end, "null", &d->fault);
  }
  if (unpushed)
    push_known_key(d, unpushed);
  d->top += 2;
  if (*at == '"') {
    at = push_string(d, at, frame->last);
  } else if (drops_null) {
    lua_pushnil(d->L); /* takes away what an equal key may have left */
    at = studio_json_scan_word(at, d->end, "null", &d->fault);
  } else {
    at = studio_json_push_atom(d->L, at, d->end, &d->fault);
  }
  return at && store_value(d, frame, at) ? at : NULL;
}

/* Reads pairs up to a value that is a container, whose key it pushes, or to the closing brace. */
static const char *read_pairs(struct decoder *d, struct frame *frame, const char *at)
{
  for (;;) {
    struct json_key *key = frame->expected ? *frame->expected : NULL;
    if (!reserve_slots(d, at))
      return NULL;
    if (at < d->end && *at == ' ') /* as the service writes */
      at++;
    at = studio_json_skip_space(at, d->end);
    if (key && studio_json_goes_on_with(at, d->end, key->lead, key->lead_length)) {
      at += key->lead_length;
      meet_key(d, frame, key);
    } else {
      at = read_key(d, frame, at);
      if (at == NULL)
        return NULL;
      key = NULL;
    }
    at = studio_json_skip_space(at, d->end);
    if (at == d->end)
      return fail(d, at, "expected a value", true);
    if (studio_json_is_opening(*at)) {
      if (key)
        push_known_key(d, key);
      d->top++;
      return at;
    }
    at = read_field(d, frame, at, key);
    if (at == NULL)
      return NULL;
    at = find_comma(d, frame, at);
    if (at == NULL || *at != ',')
      return at;
    at++;
  }
}

/* Reads elements up to one that is a container, or to the closing bracket. */
static const char *read_elements(struct decoder *d, struct frame *frame, const char *at)
{
  for (;;) {
    if (!reserve_slots(d, at))
      return NULL;
    at = studio_json_skip_space(at, d->end);
    if (at == d->end)
      return fail(d, at, "expected a value", true);
    if (studio_json_is_opening(*at))
      return at;
    d->top++;
    at = *at == '"' ? push_string(d, at, NULL) : studio_json_push_atom(d->L, at, d->end, &d->fault);
    if (at == NULL || !store_value(d, frame, at))
      return NULL;
    at = find_comma(d, frame, at);
    if (at == NULL || *at != ',')
      return at;
    at++;
  }
}

/* From a closing bracket to where the text goes on behind all that ends there: at a comma, or behind the outermost container. */
static const char *close_containers(struct decoder *d, const char *at)
{
  do {
    struct frame *frame;
    close_container(d);
    at++;
    if (d->depth == 0)
      return at;
    frame = &d->frame[d->depth - 1];
    if (!store_value(d, frame, at))
      return NULL;
    at = find_comma(d, frame, at);
  } while (at && *at != ',');
  return at ? at + 1 : NULL;
}

/* Reads an array or object and all in it, without recursion; gives what is behind it. */
static const char *read_container(struct decoder *d, const char *at)
{
  at = open_container(d, at);
  while (at && d->depth > 0) {
    struct frame *frame = &d->frame[d->depth - 1];
    bool is_empty = false;
    if (at[-1] != ',') { /* behind the opening bracket */
      at = studio_json_skip_space(at, d->end);
      is_empty = at < d->end && *at == (frame->is_object ? '}' : ']');
    }
    if (!is_empty)
      at = frame->is_object ? read_pairs(d, frame, at) : read_elements(d, frame, at);
    if (at)
      at = studio_json_is_opening(*at) ? open_container(d, at) : close_containers(d, at);
  }
  return at;
}

/* Pushes the one value that the whole text is. */
static const char *read_document(struct decoder *d, const char *at)
{
  const char *encoding = studio_json_other_encoding(at, d->end);
  if (encoding != NULL)
    return fail(d, at, encoding, false);
  at = studio_json_skip_mark(at, d->end);
  at = studio_json_skip_space(at, d->end);
  if (at == d->end)
    return fail(d, at, "expected a value", true);
  if (studio_json_is_opening(*at)) {
    at = read_container(d, at);
  } else {
    d->top++;
    at = *at == '"' ? push_string(d, at, NULL) : studio_json_push_atom(d->L, at, d->end, &d->fault);
  }
  if (at == NULL)
    return NULL;
  at = studio_json_skip_space(at, d->end);
  return at == d->end ? at : fail(d, at, "expected the end of the text", true);
}

/* Decodes a text in one pass. Pushes the value and gives 1, or pushes nil and a message and gives 2. */
static int decode(lua_State *L, const char *text, size_t length, enum studio_null_rule rule)
{
  static const int learned_depths[] = { 0, 2, 4 }; /* a resource's fields and links; those of a page's records */
  struct frame frames[MAX_DEPTH];
  struct decoder d = { .L = L, .rule = rule, .base = lua_gettop(L), .frame = frames };
  char message[JSON_FAULT_SIZE];
  bool is_read;
  int known;
  d.end = text + length;
  d.most_ready = length < SHORT_TEXT ? 0 : READY_SLOTS;
  d.top = d.base + SLOT_KEYS + d.most_ready;
  d.limit = d.top + SLOT_STEP;
  d.learned_depth = learned_depths[rule];
  luaL_checkstack(L, d.limit - d.base, "no room for a JSON text");
  lua_settop(L, d.base + SLOT_KEYS - 1);
  d.keys = studio_json_keys_take(L);
  d.before = d.keys->serial;
  known = d.keys->count;
  lua_settop(L, d.top);
  is_read = read_document(&d, text) != NULL;
  studio_json_keys_give_back(L, d.base + SLOT_KEYS, d.keys, is_read && !d.forgets ? d.keys->count : known);
  if (is_read) {
    lua_replace(L, d.base + 1);
    lua_settop(L, d.base + 1);
    return 1;
  }
  lua_settop(L, d.base);
  studio_json_describe(&d.fault, text, d.end, message);
  lua_pushnil(L);
  lua_pushstring(L, message);
  return 2;
}

struct work {
  const char *text;
  size_t length;
  enum studio_null_rule rule;
};

/* `decode`, as studio_without_collector() calls it: a struct work is its argument. */
static int decode_large(lua_State *L)
{
  const struct work *work = lua_touserdata(L, 1);
  return decode(L, work->text, work->length, work->rule);
}

/* Nothing of a text can be garbage before all of it is decoded. A collector that runs meanwhile walks through it in vain, and the
   generational one of Lua 5.4 takes what it met twice for old, so that a page, once done with, waits for a major collection. */
int studio_json_decode(lua_State *L, const char *text, size_t length, enum studio_null_rule rule)
{
  struct work work;
  if (length < LARGE_TEXT)
    return decode(L, text, length, rule);
  work.text = text;
  work.length = length;
  work.rule = rule;
  return studio_without_collector(L, decode_large, &work);
}

/* ---- Lua ---- */

/* core.decode(text [, "keep" | "resource" | "page"]) -> value | nil, message */
static int json_decode(lua_State *L)
{
  static const char *const rules[] = { "keep", "resource", "page", NULL };
  static const enum studio_null_rule values[] = { STUDIO_NULLS_KEEP, STUDIO_NULLS_RESOURCE, STUDIO_NULLS_PAGE };
  size_t length;
  const char *text;
  int rule;
  luaL_checktype(L, 1, LUA_TSTRING);
  text = lua_tolstring(L, 1, &length);
  rule = luaL_checkoption(L, 2, "keep", rules);
  return studio_json_decode(L, text, length, values[rule]);
}

void studio_json_open(lua_State *L)
{
  if (luaL_newmetatable(L, ARRAY_MT)) {
    lua_pushliteral(L, ARRAY_MT);
    lua_setfield(L, -2, "__name");
  }
  lua_setfield(L, -2, "array_mt");
  lua_pushcfunction(L, json_decode);
  lua_setfield(L, -2, "decode");
}
