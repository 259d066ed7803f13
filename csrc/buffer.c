#include "buffer.h"

#include <stdlib.h>
#include <string.h>

#include "wipe.h"

#define FIRST_CAPACITY 1024
/* A block up to this size may hold a form or a token's answer, and is overwritten when what it holds moves; a larger
   one may move in place. */
#define WIPED_MOST ((size_t)64 * 1024)

int studio_buffer_reserve(Buffer *buffer, size_t capacity)
{
  size_t room = buffer->capacity ? buffer->capacity : FIRST_CAPACITY;
  char *data;
  if (capacity <= buffer->capacity)
    return 1;
  while (room < capacity) {
    if (room > (size_t)-1 / 2) {
      room = capacity;
      break;
    }
    room *= 2;
  }
  data = buffer->capacity > WIPED_MOST ? realloc(buffer->data, room) : malloc(room);
  if (data == NULL)
    return 0;
  if (buffer->capacity <= WIPED_MOST && buffer->data != NULL) {
    memcpy(data, buffer->data, buffer->length);
    studio_wipe(buffer->data, buffer->capacity);
    free(buffer->data);
  }
  buffer->data = data;
  buffer->capacity = room;
  return 1;
}

int studio_buffer_append(Buffer *buffer, const char *data, size_t length)
{
  if (length > (size_t)-1 - buffer->length)
    return 0;
  if (!studio_buffer_reserve(buffer, buffer->length + length))
    return 0;
  if (length > 0)
    memcpy(buffer->data + buffer->length, data, length);
  buffer->length += length;
  return 1;
}

void studio_buffer_reset(Buffer *buffer, size_t keep)
{
  if (buffer->capacity > keep)
    studio_buffer_free(buffer);
  buffer->length = 0;
}

void studio_buffer_free(Buffer *buffer)
{
  free(buffer->data);
  memset(buffer, 0, sizeof *buffer);
}
