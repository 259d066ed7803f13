#include "json_keys.h"

#include <string.h>

static struct json_key *add(struct json_keys *keys, const char *bytes, size_t length, short owner)
{
  struct json_key *key = &keys->entry[keys->count++];
  memset(key, 0, sizeof *key);
  key->bytes = bytes;
  key->length = length;
  key->owner = owner;
  key->next = key->child = NO_KEY;
  return key;
}

/* Entries stay as they are until they are taken: to clear them all would cost more than a short text does. */
void studio_json_keys_init(struct json_keys *keys)
{
  keys->count = ROOT_KEY;
  memset(keys->bucket, 0, sizeof keys->bucket);
  add(keys, "", 0, NO_KEY);
}

static unsigned hash(const char *bytes, size_t length, short owner)
{
  unsigned value = (unsigned)length * 31u + (unsigned)owner * 7u;
  if (length > 0)
    value += (unsigned char)bytes[0] * 131u + (unsigned char)bytes[length / 2] * 17u + (unsigned char)bytes[length - 1];
  return value ^ value >> 8;
}

short studio_json_keys_find(struct json_keys *keys, const char *bytes, size_t length, short owner)
{
  unsigned place = hash(bytes, length, owner) % KEY_BUCKETS;
  if (owner == NO_KEY)
    return NO_KEY;
  for (; keys->bucket[place] != 0; place = (place + 1) % KEY_BUCKETS) {
    const struct json_key *key = &keys->entry[keys->bucket[place]];
    if (key->owner == owner && key->length == length && memcmp(key->bytes, bytes, length) == 0)
      return keys->bucket[place];
  }
  if (keys->count == MAX_KEYS)
    return NO_KEY;
  keys->bucket[place] = (unsigned char)keys->count;
  return (short)(add(keys, bytes, length, owner) - keys->entry);
}
