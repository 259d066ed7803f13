/* What no decoder can do without: the exchanges of the floor and, after each, the tables and strings of the answer, made through Lua's
   C API and nothing else. What is to be made is told by a tape, a flat array that another process, bench/tape.lua, wrote before the clock
   started: nothing is parsed or checked, and the heap is that of a program that begins. Tapes lie outside Lua's, for the collector goes by
   its size.

   open(URL, KEYS)      the list; KEYS is an array of the strings that fields of tapes name by their places
   fetch(SIZE, PAGE)    asks for a page, counted from 0
   text()               the text of that page
   add(LIST)            the next page's tape: four numbers an entry, as in struct entry
   make(PAGE)           the table that this page's tape makes of the page that was fetched last
   save(FILE)           writes all tapes
   load(FILE)           reads them
   take(SIZE)           for each tape in turn asks for its page and makes it; the one before is garbage by then */
#include "exchange.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "../csrc/lua_gc.h"
#include "../csrc/compat.h"

#define ARRAY_MT "studio.array"

enum {
  LARGE_TEXT = 128 * 1024,  /* of such a text on the decoder lets the collector rest, too */
  SPARE_SLOTS = 40          /* of the stack: what is open, and the key and the value on their way into it */
};

/* The key of a value is a place in KEYS, or 0. A value without one waits for ELEMENT, a table with one for FIELD. */
enum kind {
  OBJECT,   /* key, -, fields */
  ARRAY,    /* key, -, elements */
  STRING,   /* key, length, offset in the text */
  SHARE,    /* slot, length, offset: a string that stands in the text more than once is made once, before all else */
  SHARED,   /* key, -, slot: one of these */
  NUMBER,   /* key, -, value */
  FIELD,    /* what was made last is a field of what is open */
  ELEMENT,  /* -, -, index: an element of it */
  DROP      /* it is garbage */
};

struct entry {
  uint8_t kind, key;
  uint16_t length;
  uint32_t number;
};

struct tape {
  struct entry *entry;
  size_t count;
  size_t length;  /* of the text that it is for */
  int shares;
};

static struct {
  CURL *easy;
  const char *url;
  Body body;
  struct tape *tape;
  int count;
  int keys;  /* where the registry has them */
} list = { .keys = LUA_NOREF };

/* The value of a key is on the stack, above the key. */
static inline void set_field(lua_State *L, const struct entry *entry)
{
  if (entry->key != 0)
    lua_rawset(L, -3);
}

/* The stack: keys, strings that are shared, the arrays' metatable, then what is open. */
static int replay(lua_State *L)
{
  const struct tape *tape = lua_touserdata(L, 1);
  const struct entry *entry = tape->entry, *end = entry + tape->count;
  const char *text = list.body.data;
  int keys, shares;
  lua_rawgeti(L, LUA_REGISTRYINDEX, list.keys);
  keys = (int)lua_rawlen(L, 2);
  luaL_checkstack(L, keys + tape->shares + SPARE_SLOTS, NULL);
  for (int i = 1; i <= keys; i++)
    lua_rawgeti(L, 2, i);
  keys = 2; /* the slot before the first */
  shares = lua_gettop(L);
  for (; entry < end && entry->kind == SHARE; entry++)
    lua_pushlstring(L, text + entry->number, entry->length);
  luaL_getmetatable(L, ARRAY_MT);
  for (; entry < end; entry++) {
    if (entry->key != 0)
      lua_pushvalue(L, keys + entry->key);
    switch ((enum kind)entry->kind) {
    case OBJECT:
      lua_createtable(L, 0, (int)entry->number);
      break;
    case ARRAY:
      lua_createtable(L, (int)entry->number, 0);
      lua_pushvalue(L, shares + tape->shares + 1);
      lua_setmetatable(L, -2);
      break;
    case STRING:
      lua_pushlstring(L, text + entry->number, entry->length);
      set_field(L, entry);
      break;
    case SHARED:
      lua_pushvalue(L, shares + (int)entry->number);
      set_field(L, entry);
      break;
    case NUMBER:
      lua_pushinteger(L, (lua_Integer)entry->number);
      set_field(L, entry);
      break;
    case FIELD:
      lua_rawset(L, -3);
      break;
    case ELEMENT:
      lua_rawseti(L, -2, (int)entry->number);
      break;
    case DROP:
      lua_settop(L, -2);
      break;
    case SHARE: /* none is left */
      break;
    }
  }
  return 1;
}

static void make(lua_State *L, struct tape *tape)
{
  if (list.body.length != tape->length)
    bench_fail("the answer is another than the tape is for");
  if (list.body.length >= LARGE_TEXT) {
    studio_without_collector(L, replay, tape);
  } else {
    lua_pushcfunction(L, replay);
    lua_pushlightuserdata(L, tape);
    lua_call(L, 1, 1);
  }
}

static int limit_open(lua_State *L)
{
  list.url = luaL_checkstring(L, 1);
  luaL_checktype(L, 2, LUA_TTABLE);
  lua_settop(L, 2);
  list.keys = luaL_ref(L, LUA_REGISTRYINDEX);
  luaL_ref(L, LUA_REGISTRYINDEX); /* the URL stays where it is */
  list.easy = bench_make(list.url, &list.body, NULL);
  return 0;
}

static int limit_fetch(lua_State *L)
{
  bench_take_page(list.easy, &list.body, list.url, (long)luaL_checkinteger(L, 1), (long)luaL_checkinteger(L, 2));
  return 0;
}

static int limit_text(lua_State *L)
{
  lua_pushlstring(L, list.body.data, list.body.length);
  return 1;
}

static uint32_t number_at(lua_State *L, size_t place, uint32_t most)
{
  lua_Number number;
  lua_rawgeti(L, 1, (int)place);
  number = luaL_checknumber(L, -1);
  luaL_argcheck(L, number >= 0 && number <= most, 1, "a number has no room in an entry");
  lua_settop(L, -2);
  return (uint32_t)number;
}

static struct tape *new_tape(size_t count)
{
  struct tape *tape;
  list.tape = realloc(list.tape, (size_t)(list.count + 1) * sizeof *tape);
  if (list.tape == NULL)
    bench_fail("out of memory");
  tape = &list.tape[list.count++];
  tape->count = count;
  tape->length = list.body.length;
  tape->shares = 0;
  tape->entry = malloc(count * sizeof *tape->entry + 1);
  if (tape->entry == NULL)
    bench_fail("out of memory");
  return tape;
}

static int limit_add(lua_State *L)
{
  struct tape *tape;
  luaL_checktype(L, 1, LUA_TTABLE);
  tape = new_tape(lua_rawlen(L, 1) / 4);
  for (size_t i = 0; i < tape->count; i++) {
    struct entry *entry = &tape->entry[i];
    entry->kind = (uint8_t)number_at(L, 4 * i + 1, DROP);
    entry->key = (uint8_t)number_at(L, 4 * i + 2, UINT8_MAX);
    entry->length = (uint16_t)number_at(L, 4 * i + 3, UINT16_MAX);
    entry->number = number_at(L, 4 * i + 4, INT32_MAX);
    tape->shares += entry->kind == SHARE;
  }
  return 0;
}

static int limit_make(lua_State *L)
{
  int page = (int)luaL_checkinteger(L, 1);
  luaL_argcheck(L, page >= 0 && page < list.count, 1, "no such page");
  make(L, &list.tape[page]);
  return 1;
}

static int limit_save(lua_State *L)
{
  FILE *file = fopen(luaL_checkstring(L, 1), "wb");
  if (file == NULL)
    bench_fail("the tapes cannot be written");
  for (const struct tape *tape = list.tape; tape < list.tape + list.count; tape++) {
    fwrite(tape, sizeof *tape, 1, file);
    fwrite(tape->entry, sizeof *tape->entry, tape->count, file);
  }
  if (fclose(file) != 0)
    bench_fail("the tapes cannot be written");
  return 0;
}

static int limit_load(lua_State *L)
{
  FILE *file = fopen(luaL_checkstring(L, 1), "rb");
  struct tape saved;
  if (file == NULL)
    bench_fail("the tapes cannot be read");
  while (fread(&saved, sizeof saved, 1, file) == 1) {
    struct tape *tape = new_tape(saved.count);
    tape->length = saved.length;
    tape->shares = saved.shares;
    if (fread(tape->entry, sizeof *tape->entry, tape->count, file) != tape->count)
      bench_fail("the tapes cannot be read");
  }
  fclose(file);
  return 0;
}

static int limit_take(lua_State *L)
{
  long size = (long)luaL_checkinteger(L, 1);
  for (int page = 0; page < list.count; page++) {
    lua_settop(L, 1); /* the page before */
    bench_take_page(list.easy, &list.body, list.url, size, page);
    make(L, &list.tape[page]);
  }
  return 0;
}

STUDIO_EXPORT int luaopen_limit(lua_State *L);
STUDIO_EXPORT int luaopen_limit(lua_State *L)
{
  static const luaL_Reg functions[] = {
    { "open", limit_open }, { "fetch", limit_fetch }, { "text", limit_text }, { "add", limit_add }, { "make", limit_make },
    { "save", limit_save }, { "load", limit_load }, { "take", limit_take }, { NULL, NULL },
  };
  curl_global_init(CURL_GLOBAL_DEFAULT); /* whoever is first says whose memory libcurl takes; studio.core's is wiped when it is freed */
  luaL_newlib(L, functions);
  return 1;
}
