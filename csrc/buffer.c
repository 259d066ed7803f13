#include "buffer.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_CAPACITY 1024

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
  data = realloc(buffer->data, room);
  if (data == NULL)
    return 0;
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

void studio_wipe(void *memory, size_t length)
{
  volatile unsigned char *byte = memory;
  while (length-- > 0)
    *byte++ = 0;
}
