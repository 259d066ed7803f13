/* The JSON writer: from Lua values into one run of bytes, without recursion. Metatables are not asked for fields.

   Between the first look at the value and the last nothing is allocated by Lua, so that no finalizer of the program can change a table that
   is being walked. All memory that grows is C's, and a userdata owns it before anything can raise.

   Keys are put in order by sorting what was written: each object notes where its members begin, and moves them when it ends. */
#include "json_write.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "compat.h"
#include "json_block.h"
#include "json_order.h"
#include "json_path.h"
#include "json_print.h"

enum {
  MAX_DEPTH = 512,
  MAX_INDENT = 64,
  SLOT_STEP = 32,             /* stack slots asked for at a time */
  KEPT_LEAST = 64 * 1024,     /* bytes; smaller blocks are kept from text to text, */
  KEPT_MOST = 8 * 1024 * 1024 /* larger ones never */
};

/* Of the function `encode`. The strings are there because making one may run a finalizer. */
/* clang-format off */
enum {
  UPVALUE_STORE = 1, UPVALUE_STORE_MT, UPVALUE_ARRAY_MT, UPVALUE_LOADED,
  UPVALUE_CJSON, UPVALUE_CJSON_SAFE, UPVALUE_CJSON_ARRAY_MT, UPVALUE_CJSON_EMPTY_ARRAY_MT, UPVALUE_CJSON_EMPTY_ARRAY,
  UPVALUES = UPVALUE_CJSON_EMPTY_ARRAY
};
/* clang-format on */

/* What a writer uses, kept from text to text in a userdata. */
struct store {
  bool taken;     /* by a writer that is at work, or was when an error ended it */
  bool collected; /* its finalizer has run */
  struct json_block text;
  struct json_block members; /* of the objects that are open, where keys are sorted */
  struct json_block spare;   /* for an object's text on its way into order */
};

/* A container that is not complete. */
struct frame {
  const void *identity;
  int slot; /* stack slot of its table, below that of the key that is written */
  bool is_object;
  int index;      /* array: the element that is written */
  int count;      /* array: how many elements there are, or 0 while they come in order from lua_next */
  size_t start;   /* of its text, where its first comma makes room for the bracket */
  size_t members; /* how many members of all there were before it */
};

struct writer {
  lua_State *L;
  struct store *store;
  char *at, *stop; /* within the text */
  size_t members;
  int limit;  /* stack slots that are allowed */
  int depth;  /* open containers; frame[depth - 1] is the innermost */
  int indent; /* spaces a level, or -1 for a single line */
  bool sorts;
  bool lacks_memory;
  const char *problem;  /* why the value cannot be written */
  const char *offender; /* the type that the problem is about, or NULL */
  struct frame *frame;  /* MAX_DEPTH of them */
};

/* Notes why the value cannot be written, and the type that is to blame, if any. Gives false, for the caller to return. */
static bool fail(struct writer *w, const char *problem, const char *offender)
{
  w->problem = problem;
  w->offender = offender;
  return false;
}

/* ---- Memory ---- */

/* Makes a block as large as that; false, which is noted, where there is no memory. */
static bool grow(struct writer *w, struct json_block *block, size_t size)
{
  if (json_block_grow(block, size))
    return true;
  w->lacks_memory = true;
  return false;
}

/* Bytes of text so far. */
static size_t written(const struct writer *w)
{
  return (size_t)(w->at - w->store->text.data);
}

/* Makes room for so many more bytes of text. */
static bool reserve(struct writer *w, size_t size)
{
  struct json_block *text = &w->store->text;
  size_t length;
  if ((size_t)(w->stop - w->at) >= size)
    return true;
  length = written(w);
  if (size > SIZE_MAX - length || !grow(w, text, length + size))
    return false;
  w->at = text->data + length;
  w->stop = text->data + text->size;
  return true;
}

/* Points the writer at the start of its store's text. */
static bool begin(struct writer *w)
{
  struct json_block *text = &w->store->text;
  if (text->data == NULL && !grow(w, text, 1))
    return false;
  w->at = text->data;
  w->stop = text->data + text->size;
  return true;
}

/* Lets the next writer have the store; of its blocks those up to `kept` bytes are kept. */
static void release(struct store *store, size_t kept)
{
  json_block_give_back(&store->text, kept);
  json_block_give_back(&store->members, kept);
  json_block_give_back(&store->spare, kept);
  store->taken = false;
}

/* Large blocks are kept while large texts come: memory that is new to the process costs as much as what is written into it. */
static size_t kept_bytes(const struct writer *w)
{
  size_t length = written(w);
  return length < KEPT_LEAST / 4 ? KEPT_LEAST : length > KEPT_MOST / 4 ? KEPT_MOST : 4 * length;
}

/* A program may call this itself, by the metatable that it finds: what is no store is left alone. */
static int store__gc(lua_State *L)
{
  if (lua_getmetatable(L, 1) && lua_rawequal(L, -1, lua_upvalueindex(1))) {
    struct store *store = lua_touserdata(L, 1);
    release(store, 0);
    store->collected = true;
  }
  return 0;
}

/* Pushes a store. One that is taken is left to whoever has it: a finalizer may encode while the text before becomes a string. */
static struct store *take_store(lua_State *L)
{
  struct store *store = lua_touserdata(L, lua_upvalueindex(UPVALUE_STORE));
  if (store != NULL && !store->taken) {
    lua_pushvalue(L, lua_upvalueindex(UPVALUE_STORE));
  } else {
    store = memset(studio_newuserdata(L, sizeof *store), 0, sizeof *store);
    lua_pushvalue(L, lua_upvalueindex(UPVALUE_STORE_MT));
    lua_setmetatable(L, -2);
    lua_pushvalue(L, -1);
    lua_replace(L, lua_upvalueindex(UPVALUE_STORE));
  }
  store->taken = true;
  return store;
}

/* ---- Scalars ---- */

/* Writes bytes as they are. */
static bool write_text(struct writer *w, const char *text, size_t length)
{
  if (!reserve(w, length))
    return false;
  memcpy(w->at, text, length);
  w->at += length;
  return true;
}

/* False, without a problem, where the string is not valid UTF-8. */
static bool write_string(struct writer *w, int slot)
{
  size_t length;
  const char *at = lua_tolstring(w->L, slot, &length), *end = at + length;
  if (!reserve(w, length + 2 + JSON_ESCAPE_SIZE))
    return false;
  *w->at++ = '"';
  for (;;) {
    w->at = studio_json_print_plain(w->at, &at, end);
    if (at == end)
      break;
    w->at = studio_json_print_special(w->at, &at, end);
    if (w->at == NULL || !reserve(w, (size_t)(end - at) + 1 + 2 * JSON_ESCAPE_SIZE))
      return false;
  }
  *w->at++ = '"';
  return true;
}

/* Writes a number, an integer of Lua 5.3 and newer without a fraction. */
static bool write_number(struct writer *w, int slot)
{
  double number;
  if (!reserve(w, JSON_NUMBER_SIZE))
    return false;
#if STUDIO_HAS_INTEGERS
  if (lua_isinteger(w->L, slot)) {
    w->at = studio_json_print_integer(w->at, (int64_t)lua_tointeger(w->L, slot));
    return true;
  }
#endif
  number = (double)lua_tonumber(w->L, slot);
  if (number - number != 0)
    return fail(w, "NaN and infinity are not JSON", NULL);
  w->at = studio_json_print_double(w->at, number);
  return true;
}

/* ---- What lua-cjson lends ---- */

/* Pushes a field of one of its modules, where the program has loaded that. Nothing is allocated. */
static void push_field_of_cjson(lua_State *L, int module, int name)
{
  lua_pushvalue(L, lua_upvalueindex(module));
  lua_rawget(L, lua_upvalueindex(UPVALUE_LOADED));
  if (!lua_istable(L, -1))
    return;
  lua_pushvalue(L, lua_upvalueindex(name));
  lua_rawget(L, -2);
  lua_replace(L, -2);
}

/* Whether the value on top of the stack is that field. */
static bool is_lent(lua_State *L, int name)
{
  static const int modules[] = { UPVALUE_CJSON, UPVALUE_CJSON_SAFE };
  bool is_same = false;
  for (int i = 0; i < 2 && !is_same; i++) {
    push_field_of_cjson(L, modules[i], name);
    is_same = lua_rawequal(L, -1, -2);
    lua_pop(L, 1);
  }
  return is_same;
}

/* Whether a table's metatable says that it is an array: ours, or one of lua-cjson's. */
static bool is_marked(lua_State *L, int slot)
{
  bool marks;
  if (!lua_getmetatable(L, slot))
    return false;
  marks = lua_rawequal(L, -1, lua_upvalueindex(UPVALUE_ARRAY_MT)) || is_lent(L, UPVALUE_CJSON_ARRAY_MT)
          || is_lent(L, UPVALUE_CJSON_EMPTY_ARRAY_MT);
  lua_pop(L, 1);
  return marks;
}

/* The value on top of the stack, which is no table. */
static bool write_atom(struct writer *w)
{
  lua_State *L = w->L;
  int type = lua_type(L, -1);
  switch (type) {
  case LUA_TSTRING:
    return write_string(w, -1) || (!w->lacks_memory && fail(w, "the string is not valid UTF-8", NULL));
  case LUA_TNUMBER:
    return write_number(w, -1);
  case LUA_TBOOLEAN:
    return lua_toboolean(L, -1) ? write_text(w, "true", 4) : write_text(w, "false", 5);
  case LUA_TLIGHTUSERDATA:
    if (lua_touserdata(L, -1) == NULL)
      return write_text(w, "null", 4);
    if (is_lent(L, UPVALUE_CJSON_EMPTY_ARRAY))
      return write_text(w, "[]", 2);
    break;
  default:
    break;
  }
  if (type == LUA_TNIL)
    return fail(w, "nil cannot be written as JSON", NULL);
  return fail(w, "cannot be written as JSON", lua_typename(L, type));
}

/* ---- Containers ---- */

/* Ends the line and indents the next by so many levels. */
static bool begin_line(struct writer *w, int depth)
{
  size_t length = (size_t)w->indent * (size_t)depth;
  if (!reserve(w, length + 1))
    return false;
  *w->at++ = '\n';
  memset(w->at, ' ', length);
  w->at += length;
  return true;
}

/* The comma, and the line where there are lines, before an element or member. Of the first the bracket takes the place of the comma. */
static bool separate(struct writer *w)
{
  if (!reserve(w, 1))
    return false;
  *w->at++ = ',';
  return w->indent < 0 || begin_line(w, w->depth);
}

/* How many elements the table in that slot has, as an array: its keys are 1 to n. -1, with a problem, where it is none. */
static int count_elements(struct writer *w, int slot)
{
  lua_State *L = w->L;
  int count = 0;
  bool has_strings = false;
  double highest = 0;
  for (lua_pushnil(L); lua_next(L, slot); lua_pop(L, 1)) {
    int type = lua_type(L, -2);
    double key = type == LUA_TNUMBER ? (double)lua_tonumber(L, -2) : 0;
    if (type == LUA_TSTRING) {
      has_strings = true;
    } else if (key >= 1 && key <= INT32_MAX && key == (int)key) {
      count++;
      if (key > highest)
        highest = key;
    } else if (type != LUA_TNUMBER) {
      fail(w, "is a key", lua_typename(L, type));
      return -1;
    } else {
      fail(w, key > INT32_MAX ? "the array has gaps" : "a number that is no array index is a key", NULL);
      return -1;
    }
  }
  if (!has_strings && highest == count)
    return count;
  fail(w, has_strings ? "the table has both array elements and string keys" : "the array has gaps", NULL);
  return -1;
}

/* Whether a table is one of the containers that are being written. */
static bool contains_itself(const struct writer *w, const void *identity)
{
  for (int i = 0; i < w->depth; i++)
    if (w->frame[i].identity == identity)
      return true;
  return false;
}

/* Begins with the table on top of the stack, or writes all of one that is empty. */
static bool open_table(struct writer *w)
{
  lua_State *L = w->L;
  struct frame *frame = &w->frame[w->depth];
  int slot = lua_gettop(L);
  const void *identity = lua_topointer(L, slot);
  bool marked;
  if (contains_itself(w, identity))
    return fail(w, "the table contains itself", NULL);
  if (w->depth == MAX_DEPTH)
    return fail(w, "tables are nested deeper than 512 levels", NULL);
  if (w->limit - slot < 8) {
    if (!lua_checkstack(L, SLOT_STEP))
      return fail(w, "no room on the Lua stack for tables nested so deep", NULL);
    w->limit = slot + SLOT_STEP;
  }
  marked = is_marked(L, slot);
  lua_pushnil(L);
  if (!lua_next(L, slot)) {
    lua_settop(L, slot - 1);
    return write_text(w, marked ? "[]" : "{}", 2);
  }
  frame->identity = identity;
  frame->slot = slot;
  frame->start = written(w);
  frame->is_object = lua_type(L, -2) == LUA_TSTRING;
  frame->index = frame->count = 0;
  frame->members = w->members;
  if (marked && frame->is_object)
    return fail(w, "the table is marked as an array and has string keys", NULL);
  lua_settop(L, slot);
  lua_pushnil(L); /* where lua_next begins again */
  w->depth++;
  return true;
}

/* The members of an open object that were noted so far, the first of them. */
static struct json_member *members_of(const struct writer *w, const struct frame *frame)
{
  return (struct json_member *)(void *)w->store->members.data + frame->members;
}

/* Notes a member of the innermost object, whose key is in that slot, before it is written. */
static bool note_member(struct writer *w, int slot)
{
  struct json_block *block = &w->store->members;
  struct json_member *member;
  if ((w->members + 1) * sizeof *member > block->size && !grow(w, block, (w->members + 1) * sizeof *member))
    return false;
  member = (struct json_member *)(void *)block->data + w->members++;
  member->key = lua_tolstring(w->L, slot, &member->key_length);
  member->start = written(w);
  return true;
}

/* Puts the members of the innermost object, of which all are written, into the order of their keys. */
static bool arrange(struct writer *w, const struct frame *frame)
{
  struct json_member *members = members_of(w, frame);
  size_t count = w->members - frame->members, length = written(w) - frame->start;
  struct json_block *spare = &w->store->spare;
  w->members = frame->members;
  if (studio_json_is_in_order(members, count))
    return true;
  if (length > spare->size && !grow(w, spare, length))
    return false;
  studio_json_put_in_order(members, count, w->store->text.data, written(w), spare->data);
  return true;
}

/* Ends the innermost container, with its members in order where they are sorted, and takes its table off the stack. */
static bool close_table(struct writer *w)
{
  const struct frame *frame = &w->frame[w->depth - 1];
  if (frame->is_object && w->sorts && !arrange(w, frame))
    return false;
  w->depth--;
  if ((w->indent >= 0 && !begin_line(w, w->depth)) || !reserve(w, 1))
    return false;
  w->store->text.data[frame->start] = frame->is_object ? '{' : '[';
  *w->at++ = frame->is_object ? '}' : ']';
  lua_settop(w->L, frame->slot - 1);
  return true;
}

/* What is wrong with the innermost container is said of its own place, not of a member's. */
static bool fail_here(struct writer *w, const char *problem)
{
  w->depth--;
  return problem != NULL && fail(w, problem, NULL);
}

/* Writes members up to one that is a table, which it leaves on top of the stack, or up to the end: false then, as after a failure. */
static bool write_members(struct writer *w, const struct frame *frame)
{
  lua_State *L = w->L;
  int slot = frame->slot;
  while (lua_next(L, slot)) {
    if (lua_type(L, slot + 1) != LUA_TSTRING) {
      count_elements(w, slot); /* tells why not */
      return fail_here(w, NULL);
    }
    if ((w->sorts && !note_member(w, slot + 1)) || !separate(w))
      return false;
    if (!write_string(w, slot + 1))
      return !w->lacks_memory && fail_here(w, "a key is not valid UTF-8");
    if (!(w->indent < 0 ? write_text(w, ":", 1) : write_text(w, ": ", 2)))
      return false;
    if (lua_type(L, slot + 2) == LUA_TTABLE)
      return true;
    if (!write_atom(w))
      return false;
    lua_settop(L, slot + 1);
  }
  return false;
}

/* Pushes the next element. False at the end, or where the table is no array. */
static bool next_element(struct writer *w, struct frame *frame)
{
  lua_State *L = w->L;
  int slot = frame->slot;
  if (frame->count == 0) {
    if (!lua_next(L, slot))
      return false;
    if (lua_type(L, slot + 1) == LUA_TNUMBER && lua_tonumber(L, slot + 1) == frame->index + 1) {
      frame->index++;
      return true;
    }
    lua_settop(L, slot + 1);
    frame->count = count_elements(w, slot);
    if (frame->count < 0)
      return fail_here(w, NULL);
  }
  if (frame->index == frame->count)
    return false;
  lua_rawgeti(L, slot, ++frame->index);
  return true;
}

/* The same for elements. */
static bool write_elements(struct writer *w, struct frame *frame)
{
  lua_State *L = w->L;
  while (next_element(w, frame)) {
    if (!separate(w))
      return false;
    if (lua_type(L, -1) == LUA_TTABLE)
      return true;
    if (!write_atom(w))
      return false;
    lua_settop(L, frame->slot + 1);
  }
  return false;
}

/* The value on top of the stack. */
static bool write_value(struct writer *w)
{
  if (lua_type(w->L, -1) != LUA_TTABLE)
    return write_atom(w);
  if (!open_table(w))
    return false;
  while (w->depth > 0) {
    struct frame *frame = &w->frame[w->depth - 1];
    bool stops_at_table = frame->is_object ? write_members(w, frame) : write_elements(w, frame);
    if (w->problem != NULL || w->lacks_memory || !(stops_at_table ? open_table(w) : close_table(w)))
      return false;
  }
  return true;
}

/* ---- Lua ---- */

/* Pushes what is wrong and where: "at .a[2]: a function cannot be written as JSON". */
static void push_problem(const struct writer *w)
{
  lua_State *L = w->L;
  struct json_path path = { .length = 0, .is_cut = false };
  for (int i = 0; i < w->depth; i++) {
    const struct frame *frame = &w->frame[i];
    if (!frame->is_object)
      studio_json_path_add_index(&path, frame->index);
    else
      studio_json_path_add_key(&path, lua_tostring(L, frame->slot + 1), lua_rawlen(L, frame->slot + 1));
  }
  studio_json_path_end(&path);
  lua_pushstring(L, path.length > 0 ? "at " : "");
  lua_pushlstring(L, path.text, path.length);
  lua_pushstring(L, path.length > 0 ? ": " : "");
  if (w->offender != NULL)
    lua_pushfstring(L, "a %s %s", w->offender, w->problem);
  else
    lua_pushstring(L, w->problem);
  lua_concat(L, 4);
}

/* core.encode(value [, sort [, indent]]) -> text | nil, message */
static int json_encode(lua_State *L)
{
  enum { VALUE = 1, SORT, INDENT, STORE, ARGUMENTS = INDENT };
  struct frame frames[MAX_DEPTH];
  struct writer w = { .L = L, .frame = frames, .indent = -1 };
  bool is_written;
  lua_settop(L, ARGUMENTS);
  if (!lua_isnil(L, INDENT)) {
    lua_Number indent = luaL_checknumber(L, INDENT);
    luaL_argcheck(L, indent >= 0 && indent <= MAX_INDENT && indent == (int)indent, INDENT, "not a whole number from 0 to 64");
    w.indent = (int)indent;
  }
  w.sorts = lua_toboolean(L, SORT);
  w.limit = LUA_MINSTACK; /* what every C function has */
  w.store = take_store(L);
  lua_pushvalue(L, VALUE);
  is_written = begin(&w) && write_value(&w) && (w.indent < 0 || write_text(&w, "\n", 1));
  if (is_written)
    lua_pushlstring(L, w.store->text.data, written(&w));
  release(w.store, w.store->collected || w.lacks_memory ? 0 : kept_bytes(&w));
  if (is_written)
    return 1;
  if (w.lacks_memory) {
    lua_pushliteral(L, "not enough memory");
    return lua_error(L);
  }
  lua_pushnil(L);
  push_problem(&w);
  return 2;
}

void studio_json_write_open(lua_State *L)
{
  lua_pushnil(L); /* no store yet */
  lua_createtable(L, 0, 1);
  lua_pushvalue(L, -1);
  lua_pushcclosure(L, store__gc, 1);
  lua_setfield(L, -2, "__gc");
  lua_getfield(L, -3, "array_mt");
  lua_getfield(L, LUA_REGISTRYINDEX, "_LOADED");
  lua_pushliteral(L, "cjson");
  lua_pushliteral(L, "cjson.safe");
  lua_pushliteral(L, "array_mt");
  lua_pushliteral(L, "empty_array_mt");
  lua_pushliteral(L, "empty_array");
  lua_pushcclosure(L, json_encode, UPVALUES);
  lua_setfield(L, -2, "encode");
}
