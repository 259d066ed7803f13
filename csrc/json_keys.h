/*
 * What the JSON decoder remembers of the keys in one text. Each key, under the key its object stands under, has an entry,
 * so that the same key of the next record is found by looking where this one was followed. Nothing here includes lua.h.
 */
#ifndef STUDIO_JSON_KEYS_H
#define STUDIO_JSON_KEYS_H

#include <stdbool.h>
#include <stddef.h>

#pragma GCC visibility push(hidden)

enum {
  NO_KEY = -1,
  ROOT_KEY = 0,            /* the entry that the outermost object stands under */
  MAX_KEYS = 128,          /* further keys are decoded without */
  KEY_BUCKETS = 256        /* more than MAX_KEYS, so that a search ends */
};

/* All pointers are into the text. */
struct json_key {
  const char *bytes;
  const char *lead;       /* all that stood before its value, itself included, back to the comma or brace, which is not */
  const char *value;      /* the last string value, NULL before there is one */
  size_t length;
  size_t lead_length;
  size_t value_length;
  unsigned serial;        /* the object it was last seen in */
  int ready;              /* stack slot of the key's string, or 0 */
  int value_slot;         /* the same for the value: a place kept for it, or 0 */
  bool value_ready;       /* whether that place holds the last value */
  short owner;            /* the key its object stands under */
  short next;             /* the key that followed it last time */
  short child;            /* the first key of the last object under it */
};

struct json_keys {
  int count;
  unsigned char bucket[KEY_BUCKETS];  /* index of an entry, or 0, which is the root's */
  struct json_key entry[MAX_KEYS];
};

void studio_json_keys_init(struct json_keys *keys);

/* The index of a key's entry, which is made if need be; NO_KEY when there is no room or when the owner has none. */
short studio_json_keys_find(struct json_keys *keys, const char *bytes, size_t length, short owner);

#pragma GCC visibility pop

#endif
