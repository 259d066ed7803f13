#include "wipe.h"

#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#if defined(__GLIBC__)
#include <malloc.h>
#define HAVE_BLOCK_LENGTH 1 /* malloc_usable_size */
#else
#define HAVE_BLOCK_LENGTH 0
#endif

/* Called through a pointer that the compiler cannot look through, so that what it does to memory nobody reads is done all the same. */
static void *(*const volatile overwrite)(void *, int, size_t) = memset;

void studio_wipe(void *memory, size_t length)
{
  if (length > 0)
    overwrite(memory, 0, length);
}

void studio_wipe_stack(void)
{
  enum { DEPTH = 64 * 1024 }; /* deeper than libcurl goes */
  char below[DEPTH];
  studio_wipe(below, sizeof below);
}

#if HAVE_BLOCK_LENGTH

/* A request's text with its credentials, and a token in an answer, are in small blocks; large ones hold pages of records.
   libcurl 8 has buffers of 64 KiB for both, and the system's blocks are somewhat longer than what was asked for. */
#define WIPED_MOST ((size_t)64 * 1024 + 256)

/* Overwrites a block of malloc, where it is no longer than WIPED_MOST. */
static void wipe_block(void *memory)
{
  size_t length = malloc_usable_size(memory);
  if (length <= WIPED_MOST)
    studio_wipe(memory, length);
}

/* free, for libcurl: what small blocks held is overwritten. */
static void free_wiped(void *memory)
{
  if (memory != NULL)
    wipe_block(memory);
  free(memory);
}

/* What grows is most often the text of a request, which libcurl begins with a few bytes and doubles. */
#define LEAST_MOVED ((size_t)512)

/* realloc would leave the old block as it is when it moves. */
static void *realloc_wiped(void *memory, size_t size)
{
  size_t length = memory != NULL ? malloc_usable_size(memory) : 0;
  void *moved;
  if (memory == NULL || size == 0 || length > WIPED_MOST)
    return realloc(memory, size);
  if (size <= length)
    return memory;
  moved = malloc(size < LEAST_MOVED ? LEAST_MOVED : size);
  if (moved == NULL)
    return NULL;
  memcpy(moved, memory, length);
  free_wiped(memory);
  return moved;
}

/* Not strdup itself: C99 has none. */
static char *duplicate(const char *text)
{
  size_t size = strlen(text) + 1;
  char *copy = malloc(size);
  return copy != NULL ? memcpy(copy, text, size) : NULL;
}

int studio_wipe_open(void)
{
  return curl_global_init_mem(CURL_GLOBAL_DEFAULT, malloc, free_wiped, realloc_wiped, duplicate, calloc) == CURLE_OK;
}

#else

int studio_wipe_open(void)
{
  return curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
}

#endif
