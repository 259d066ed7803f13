/* Memory of C's that grows, and is kept from text to text: what the JSON writer works in. */
#ifndef STUDIO_JSON_BLOCK_H
#define STUDIO_JSON_BLOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

enum { FIRST_BLOCK = 1024 }; /* bytes */

struct json_block {
  char *data;
  size_t size;
};

/* Makes a block at least so large, and keeps what is in it. False where there is no memory; the block is then as it was. */
static inline bool json_block_grow(struct json_block *block, size_t size)
{
  size_t room = block->size > 0 ? block->size : FIRST_BLOCK;
  char *data;
  while (room < size && room <= SIZE_MAX / 2)
    room *= 2;
  data = room >= size ? realloc(block->data, room) : NULL;
  if (data == NULL)
    return false;
  block->data = data;
  block->size = room;
  return true;
}

/* Frees a block that is larger than `kept` bytes. */
static inline void json_block_give_back(struct json_block *block, size_t kept)
{
  if (block->size <= kept)
    return;
  free(block->data);
  block->data = NULL;
  block->size = 0;
}

#endif
