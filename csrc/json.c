/*
 * The JSON decoder: from bytes straight into Lua tables, in one pass, without recursion.
 *
 * What a container holds waits on the Lua stack until the container ends; then its table is made in the right size and
 * filled. A container that outgrows PILE_SLOTS gets its table early ("spills") and what follows is set into it at once, so
 * that the stack stays small however long an array is.
 *
 * Records of a page repeat their keys in the same order, and many values too. Of each key we know where in the text it was
 * seen, which key came next and what string it had as its value (json_keys.h). A repeated key, with the punctuation around
 * it, or a repeated value is told by one comparison of bytes and then comes ready from the stack instead of being hashed.
 */
#include "json.h"

#include <limits.h>
#include <stdint.h>
#include <string.h>

#include "collector.h"
#include "compat.h"
#include "json_keys.h"
#include "json_text.h"

#define ARRAY_MT "studio.array"

enum {
  MAX_DEPTH = 512,
  PILE_SLOTS = 64,         /* stack slots that one container may fill before it gets its table */
  PILE_CEILING = 2048,     /* no container piles up values above this many slots: Lua 5.1 and LuaJIT end at 8000 */
  SLOT_STEP = 64,          /* stack slots asked for at a time */
  READY_SLOTS = 32,        /* stack slots for strings that came before; more are made anew each time */
  ARRAY_SLOT_BYTES = 16,   /* about what an element costs in a Lua table */
  ESCAPE_BUFFER = 512,
  LARGE_TEXT = 128 * 1024  /* bytes; what is decoded of it makes the collector run several times */
};

/* Fixed slots, counted from the stack's top at entry. */
enum { SLOT_MT = 1, SLOT_SCRATCH, FIRST_READY, FIXED_SLOTS = FIRST_READY + READY_SLOTS - 1 };

/* A container that is not complete. */
struct frame {
  const char *start;
  int slot;               /* stack slot of its table; before the table is made, the slot kept for it */
  int count;              /* elements or pairs so far */
  unsigned serial;
  short owner;            /* the key it stands under */
  short last;             /* object: the key read last */
  bool is_object;
  bool has_table;
  bool drops_nulls;
  bool may_repeat;        /* object: some key may have come before */
};

struct decoder {
  lua_State *L;
  const char *at;
  const char *end;
  int base;               /* stack slots in use at entry */
  int top;                /* stack slots in use now, kept here to spare calls */
  int limit;              /* stack slots that are allowed */
  int depth;              /* open containers; frame[depth - 1] is the innermost */
  int ready;              /* ready strings on the stack */
  unsigned serial;        /* objects opened so far */
  size_t scratch;         /* size of the scratch userdata */
  enum studio_null_rule rule;
  struct json_fault fault;
  struct json_keys *keys;
  struct frame *frame;    /* MAX_DEPTH of them */
};

/* Faults are noted in the decoder; false goes back up to studio_json_decode. */
static bool fail(struct decoder *d, const char *at, const char *message, bool show_found)
{
  studio_json_fail(&d->fault, at, message, show_found);
  return false;
}

/* Room for a few more stack slots. */
static inline bool reserve_slots(struct decoder *d)
{
  if (d->limit - d->top >= 8)
    return true;
  if (!lua_checkstack(d->L, SLOT_STEP))
    return fail(d, d->at, "no room on the Lua stack for text nested so deep", false);
  d->limit = d->top + SLOT_STEP;
  return true;
}

static inline void skip_space(struct decoder *d)
{
  while (d->at < d->end && (*d->at == ' ' || *d->at == '\n' || *d->at == '\r' || *d->at == '\t'))
    d->at++;
}

/* Whether the text goes on with these bytes, which are a part of it. Most callers compare a few words: memcmp's call costs more. */
static inline bool goes_on_with(const struct decoder *d, const char *at, const char *bytes, size_t length)
{
  uint64_t word, other;
  if ((size_t)(d->end - at) < length)
    return false;
  if (length < 8)
    return memcmp(at, bytes, length) == 0;
  for (; length > 8; at += 8, bytes += 8, length -= 8) {
    memcpy(&word, at, 8);
    memcpy(&other, bytes, 8);
    if (word != other)
      return false;
  }
  memcpy(&word, at + length - 8, 8); /* the last word may overlap the one before */
  memcpy(&other, bytes + length - 8, 8);
  return word == other;
}

/* ---- Strings ---- */

/* Keeps the string on top of the stack for later, where there is room; *slot is 0 before it has one. */
static bool keep_ready(struct decoder *d, int *slot)
{
  if (*slot == 0) {
    if (d->ready == READY_SLOTS)
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

static void push_escaped(struct decoder *d, const char *at, const char *stop)
{
  char small[ESCAPE_BUFFER];
  size_t size = (size_t)(stop - at);
  char *out = size <= sizeof small ? small : scratch(d, size);
  size = studio_json_unescape(at, stop, out);
  lua_pushlstring(d->L, out, size);
}

/* Pushes the string whose opening quote is at d->at, the value of `key` if that is not NULL. */
static inline bool push_string(struct decoder *d, struct json_key *key)
{
  const char *at = d->at + 1, *stop;
  bool escaped;
  if (key && key->value && goes_on_with(d, at, key->value, key->value_length + 1)) { /* with its closing quote */
    if (key->value_ready) {
      lua_pushvalue(d->L, key->value_slot);
    } else {
      lua_pushlstring(d->L, at, key->value_length);
      key->value_ready = keep_ready(d, &key->value_slot);
    }
    d->at = at + key->value_length + 1;
    return true;
  }
  stop = studio_json_scan_string(at, d->end, &escaped, &d->fault);
  if (stop == NULL)
    return false;
  if (escaped) {
    push_escaped(d, at, stop);
  } else {
    lua_pushlstring(d->L, at, (size_t)(stop - at));
    if (key) {
      key->value = at;
      key->value_length = (size_t)(stop - at);
      key->value_ready = false;
    }
  }
  d->at = stop + 1;
  return true;
}

/* ---- Keys ---- */

/* Pushes a key that has an entry. */
static inline void push_known_key(struct decoder *d, struct frame *frame, struct json_key *key, bool is_new)
{
  if (key->ready) {
    lua_pushvalue(d->L, key->ready);
  } else {
    lua_pushlstring(d->L, key->bytes, key->length);
    if (!is_new)
      keep_ready(d, &key->ready);
  }
  if (key->serial == frame->serial)
    frame->may_repeat = true;
  key->serial = frame->serial;
}

/* Pushes the key whose opening quote is at d->at. Sets frame->last. */
static bool push_key(struct decoder *d, struct frame *frame)
{
  const char *at = d->at + 1, *stop;
  bool escaped;
  int known = d->keys->count;
  stop = studio_json_scan_string(at, d->end, &escaped, &d->fault);
  if (stop == NULL)
    return false;
  frame->last = escaped ? NO_KEY : studio_json_keys_find(d->keys, at, (size_t)(stop - at), frame->owner);
  if (frame->last != NO_KEY) {
    push_known_key(d, frame, &d->keys->entry[frame->last], d->keys->count > known);
  } else {
    frame->may_repeat = true;
    if (escaped)
      push_escaped(d, at, stop);
    else
      lua_pushlstring(d->L, at, (size_t)(stop - at));
  }
  d->top++;
  d->at = stop + 1;
  return true;
}

/* From behind a comma or an opening brace to the value of the key that is next. Pushes the key. */
static bool read_key(struct decoder *d, bool is_first)
{
  struct frame *frame = &d->frame[d->depth - 1];
  const char *lead = d->at;
  short before = is_first ? frame->owner : frame->last;
  /* the key that is likely to come is the one that came here last time */
  short *expected = before == NO_KEY ? NULL : is_first ? &d->keys->entry[before].child : &d->keys->entry[before].next;
  if (!reserve_slots(d))
    return false;
  if (expected && *expected != NO_KEY) {
    struct json_key *key = &d->keys->entry[*expected];
    if (goes_on_with(d, lead, key->lead, key->lead_length)) {
      push_known_key(d, frame, key, false);
      frame->last = *expected;
      d->top++;
      d->at += key->lead_length;
      return true;
    }
  }
  skip_space(d);
  if (d->at == d->end || *d->at != '"')
    return fail(d, d->at, "expected a key in double quotes", true);
  if (!push_key(d, frame))
    return false;
  skip_space(d);
  if (d->at == d->end || *d->at != ':')
    return fail(d, d->at, "expected ':' after a key", true);
  d->at++;
  skip_space(d);
  if (expected)
    *expected = frame->last;
  if (frame->last != NO_KEY) {
    d->keys->entry[frame->last].lead = lead;
    d->keys->entry[frame->last].lead_length = (size_t)(d->at - lead);
  }
  return true;
}

/* ---- Containers ---- */

static bool drops_nulls(const struct decoder *d)
{
  if (d->rule == STUDIO_NULLS_RESOURCE)
    return d->depth == 1;
  return d->rule == STUDIO_NULLS_PAGE && (d->depth == 2 || (d->depth == 3 && !d->frame[1].is_object));
}

static bool open_container(struct decoder *d, bool is_object)
{
  struct frame *frame, *parent = d->depth ? &d->frame[d->depth - 1] : NULL;
  if (d->depth == MAX_DEPTH)
    return fail(d, d->at, "expected at most 512 levels of arrays and objects", false);
  frame = &d->frame[d->depth++];
  frame->start = d->at++;
  frame->count = 0;
  frame->serial = ++d->serial;
  frame->owner = (short)(!parent ? ROOT_KEY : parent->is_object ? parent->last : parent->owner);
  frame->last = NO_KEY;
  frame->is_object = is_object;
  frame->has_table = d->top > d->base + PILE_CEILING;
  frame->drops_nulls = is_object && drops_nulls(d);
  frame->may_repeat = false;
  frame->slot = ++d->top;
  if (frame->has_table)
    lua_createtable(d->L, 0, 0);
  else
    lua_pushnil(d->L);
  return true;
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
static int guess_size(const struct decoder *d, const struct frame *frame)
{
  size_t read = (size_t)(d->at - frame->start), rest = (size_t)(d->end - d->at);
  size_t more = rest / (read / (size_t)frame->count + 1);
  if (more > read / ARRAY_SLOT_BYTES)
    more = read / ARRAY_SLOT_BYTES;
  return more > INT_MAX / 4 ? INT_MAX / 4 : frame->count + (int)more;
}

/* Gives the value on top of the stack to the innermost container. */
static inline bool store_value(struct decoder *d, bool is_null)
{
  struct frame *frame = &d->frame[d->depth - 1];
  if (is_null && frame->drops_nulls) {
    lua_settop(d->L, --d->top);
    if (!frame->may_repeat) {
      lua_settop(d->L, --d->top);
      return true;
    }
    lua_pushnil(d->L); /* takes away what an equal key may have left */
    d->top++;
  }
  if (frame->has_table) {
    if (frame->count == INT_MAX)
      return fail(d, d->at, "expected fewer elements in one array or object", false);
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
    build_table(d, frame, frame->is_object ? PILE_SLOTS : guess_size(d, frame));
  return true;
}

/* The container at whose closing bracket we are becomes a value on top of the stack. */
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
  d->at++;
}

/* ---- Values ---- */

static bool push_number(struct decoder *d)
{
  struct json_number number;
  const char *stop = studio_json_scan_number(d->at, d->end, &number, &d->fault);
  if (stop == NULL)
    return false;
  d->at = stop;
  if (!number.is_integer)
    lua_pushnumber(d->L, (lua_Number)number.real);
#if STUDIO_HAS_INTEGERS
  else if (number.integer >= LUA_MININTEGER && number.integer <= LUA_MAXINTEGER)
    lua_pushinteger(d->L, (lua_Integer)number.integer);
#endif
  else
    lua_pushnumber(d->L, (lua_Number)number.integer);
  return true;
}

static bool read_word(struct decoder *d, const char *word, size_t length)
{
  for (size_t i = 0; i < length; i++)
    if (d->at + i == d->end || d->at[i] != word[i])
      return fail(d, d->at + i, "expected true, false or null", true);
  d->at += length;
  return true;
}

/* Pushes a value that is no container. */
static bool push_scalar(struct decoder *d)
{
  struct frame *frame = d->depth ? &d->frame[d->depth - 1] : NULL;
  if (!reserve_slots(d))
    return false;
  d->top++;
  switch (*d->at) {
  case '"':
    return push_string(d, frame && frame->is_object && frame->last != NO_KEY ? &d->keys->entry[frame->last] : NULL);
  case 't':
    lua_pushboolean(d->L, 1);
    return read_word(d, "true", 4);
  case 'f':
    lua_pushboolean(d->L, 0);
    return read_word(d, "false", 5);
  case 'n':
    lua_pushlightuserdata(d->L, NULL);
    return read_word(d, "null", 4);
  case '-': case '0': case '1': case '2': case '3': case '4': case '5': case '6': case '7': case '8': case '9':
    return push_number(d);
  default:
    return fail(d, d->at, "expected a value", true);
  }
}

/* After a value: gives it to its container and closes what ends here. Then a value is due, unless *done. */
static bool finish_value(struct decoder *d, bool is_null, bool *done)
{
  while (d->depth > 0) {
    struct frame *frame = &d->frame[d->depth - 1];
    if (!store_value(d, is_null))
      return false;
    if (d->at == d->end || *d->at != ',')
      skip_space(d);
    if (d->at < d->end && *d->at == ',') {
      d->at++;
      return frame->is_object ? read_key(d, false) : true;
    }
    if (d->at == d->end || *d->at != (frame->is_object ? '}' : ']'))
      return fail(d, d->at, frame->is_object ? "expected ',' or '}' after a value" : "expected ',' or ']' after a value", true);
    close_container(d);
    is_null = false;
  }
  *done = true;
  return true;
}

/* Pushes the one value that the whole text is. */
static bool read_document(struct decoder *d)
{
  bool done = false;
  if (d->end - d->at >= 3 && memcmp(d->at, "\xEF\xBB\xBF", 3) == 0)
    return fail(d, d->at, "expected no byte order mark", false);
  while (!done) {
    bool is_null = false;
    skip_space(d);
    if (d->at == d->end)
      return fail(d, d->at, "expected a value", true);
    if (*d->at == '{' || *d->at == '[') {
      bool is_object = *d->at == '{';
      if (!reserve_slots(d) || !open_container(d, is_object))
        return false;
      skip_space(d);
      if (d->at == d->end || *d->at != (is_object ? '}' : ']')) {
        if (is_object && !read_key(d, true))
          return false;
        continue;
      }
      close_container(d);
    } else {
      is_null = *d->at == 'n';
      if (!push_scalar(d))
        return false;
    }
    if (!finish_value(d, is_null, &done))
      return false;
  }
  skip_space(d);
  if (d->at < d->end)
    return fail(d, d->at, "expected the end of the text", true);
  return true;
}

static int decode(lua_State *L, const char *text, size_t length, enum studio_null_rule rule)
{
  struct json_keys keys;
  struct frame frames[MAX_DEPTH];
  struct decoder d = { .L = L, .rule = rule, .base = lua_gettop(L), .keys = &keys, .frame = frames };
  char message[JSON_FAULT_SIZE];
  d.at = text;
  d.end = text + length;
  d.top = d.base + FIXED_SLOTS;
  d.limit = d.base + FIXED_SLOTS + SLOT_STEP;
  studio_json_keys_init(&keys);
  luaL_checkstack(L, FIXED_SLOTS + SLOT_STEP, "no room for a JSON text");
  lua_settop(L, d.top);
  if (read_document(&d)) {
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
