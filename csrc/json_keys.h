/*
 * What the JSON decoder remembers of keys, within a text and from text to text. Each key, under the key its object stands
 * under, has an entry, so that the same key of the next record, or of the next answer, is found by looking where this one
 * was followed.
 *
 * There is one memory for each Lua state, in its registry: a table that holds `struct json_keys` and the keys' strings.
 * Its size is fixed, and it holds nothing but keys.
 */
#ifndef STUDIO_JSON_KEYS_H
#define STUDIO_JSON_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lua.h>

#pragma GCC visibility push(hidden)

enum {
  MAX_KEYS = 192,     /* further keys are decoded without */
  ROOM_FOR_TEXT = 64, /* where fewer entries are free before a text, all are given up */
  KEY_BUCKETS = 512,  /* more than MAX_KEYS, so that a search ends */
  LEAD_SIZE = 40
};

struct json_key {
  struct json_key *owner; /* the key its object stands under */
  struct json_key *next;  /* the key that followed it last time, NULL before there is one */
  struct json_key *child; /* the first key of the last object under it, or NULL */
  uint64_t serial;        /* the object it was last seen in */
  const char *value;      /* in the text it was last seen in: the last string value, or NULL */
  size_t value_length;
  int value_slot;   /* a stack slot kept for that value, or 0 */
  bool value_ready; /* whether that slot holds it */
  bool has_string;  /* whether the table holds the key's string */
  unsigned char length;
  unsigned char lead_length;
  short place; /* of its string in the table */
  short bucket;
  char lead[LEAD_SIZE]; /* all that stood before its value, back to its opening quote */
};

struct json_keys {
  bool taken; /* by a decoder that is at work, or was when an error ended it */
  int count;
  uint64_t serial;                   /* objects opened so far */
  unsigned char bucket[KEY_BUCKETS]; /* index of an entry, or 0, which is the root's */
  struct json_key entry[MAX_KEYS];   /* the first is what the outermost object stands under */
};

/* Pushes the table with the keys' strings. */
struct json_keys *studio_json_keys_take(lua_State *L);

/* For the table at stack index `table`. Entries from `kept` on are forgotten. */
void studio_json_keys_give_back(lua_State *L, int table, struct json_keys *keys, int kept);

/* The entry of a key, which is made if need be; NULL when there is no room, the key is long, or `owner` is NULL. */
struct json_key *studio_json_keys_find(struct json_keys *keys, const char *bytes, size_t length, struct json_key *owner);

#pragma GCC visibility pop

#endif
