#include "wipe.h"

#include <stdlib.h>
#include <string.h>

/* Called through a pointer that the compiler cannot look through, so that what it does to memory nobody reads is done all the same. */
static void *(*const volatile overwrite)(void *, int, size_t) = memset;

void studio_wipe(void *memory, size_t length)
{
  if (length > 0)
    overwrite(memory, 0, length);
}

void studio_free_secret(char *text)
{
  if (text != NULL)
    studio_wipe(text, strlen(text));
  free(text);
}

void studio_wipe_stack(void)
{
  enum { DEPTH = 64 * 1024 }; /* deeper than libcurl goes */
  char below[DEPTH];
  studio_wipe(below, sizeof below);
}
