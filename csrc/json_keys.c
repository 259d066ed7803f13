#include "json_keys.h"

#include <string.h>

#include "compat.h"

enum { KEYS_PLACE = 1 }; /* of the userdata in the table; strings follow */

/* Its address is the table's key in the registry. */
static char registry_key;

/* Takes the next free entry, of which there must be one, for a key of an object that stands under `owner`. */
static struct json_key *add(struct json_keys *keys, struct json_key *owner)
{
  struct json_key *key = &keys->entry[keys->count];
  memset(key, 0, sizeof *key);
  key->owner = owner;
  key->place = (short)(KEYS_PLACE + keys->count++);
  return key;
}

/* Makes the memory of keys of this Lua state, and pushes its table. */
static struct json_keys *make(lua_State *L)
{
  struct json_keys *keys;
  lua_createtable(L, 32, 0);
  keys = studio_newuserdata(L, sizeof *keys);
  keys->taken = false;
  keys->count = 0;
  keys->serial = 0;
  memset(keys->bucket, 0, sizeof keys->bucket);
  add(keys, NULL);
  lua_rawseti(L, -2, KEYS_PLACE);
  lua_pushlightuserdata(L, &registry_key);
  lua_pushvalue(L, -2);
  lua_rawset(L, LUA_REGISTRYINDEX);
  return keys;
}

/* Takes out all entries but the first `kept`. No link may lead to one that is gone: another key may be there by the next text. */
static void forget(lua_State *L, int table, struct json_keys *keys, int kept)
{
  struct json_key *first = &keys->entry[kept];
  while (keys->count > kept) { /* the newest first, for it may stand where the search for an older one passes */
    struct json_key *key = &keys->entry[--keys->count];
    keys->bucket[key->bucket] = 0;
    memset(key->lead, 0, sizeof key->lead);
    if (key->has_string) {
      lua_pushnil(L);
      lua_rawseti(L, table, key->place);
    }
  }
  for (struct json_key *key = keys->entry; key < first; key++) {
    if (key->next >= first)
      key->next = NULL;
    if (key->child >= first)
      key->child = NULL;
  }
}

/* A memory that is taken is left to whoever has it: a finalizer may decode while a decoder allocates. If an error ended that
   decoder, nothing says what state its memory is in. */
struct json_keys *studio_json_keys_take(lua_State *L)
{
  struct json_keys *keys = NULL;
  lua_pushlightuserdata(L, &registry_key);
  lua_rawget(L, LUA_REGISTRYINDEX);
  if (lua_istable(L, -1)) {
    lua_rawgeti(L, -1, KEYS_PLACE);
    keys = lua_touserdata(L, -1);
    lua_settop(L, -2);
  }
  if (keys == NULL || keys->taken) {
    lua_settop(L, -2);
    keys = make(L);
  }
  keys->taken = true;
  if (keys->count > MAX_KEYS - ROOM_FOR_TEXT)
    forget(L, lua_gettop(L), keys, 1);
  return keys;
}

void studio_json_keys_give_back(lua_State *L, int table, struct json_keys *keys, int kept)
{
  if (kept < keys->count)
    forget(L, table, keys, kept);
  keys->taken = false;
}

/* Where the search for a key under its owner begins. */
static unsigned hash(const char *bytes, size_t length, const struct json_key *owner)
{
  unsigned value = (unsigned)length * 31u + (unsigned)owner->place * 7u;
  if (length > 0)
    value += (unsigned char)bytes[0] * 131u + (unsigned char)bytes[length / 2] * 17u + (unsigned char)bytes[length - 1];
  return value ^ value >> 8;
}

struct json_key *studio_json_keys_find(struct json_keys *keys, const char *bytes, size_t length, struct json_key *owner)
{
  struct json_key *key;
  unsigned bucket;
  if (owner == NULL || length > LEAD_SIZE - 3) /* two quotes and a colon */
    return NULL;
  for (bucket = hash(bytes, length, owner) % KEY_BUCKETS; keys->bucket[bucket] != 0; bucket = (bucket + 1) % KEY_BUCKETS) {
    key = &keys->entry[keys->bucket[bucket]];
    if (key->owner == owner && key->length == length && memcmp(key->lead + 1, bytes, length) == 0)
      return key;
  }
  if (keys->count == MAX_KEYS)
    return NULL;
  keys->bucket[bucket] = (unsigned char)keys->count;
  key = add(keys, owner);
  key->bucket = (short)bucket;
  key->length = (unsigned char)length;
  key->lead_length = (unsigned char)(length + 3);
  key->lead[0] = key->lead[length + 1] = '"';
  memcpy(key->lead + 1, bytes, length);
  key->lead[length + 2] = ':';
  return key;
}
