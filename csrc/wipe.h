/* Memory that held secrets is overwritten before it is given back. */
#ifndef STUDIO_WIPE_H
#define STUDIO_WIPE_H

#include <stddef.h>

#pragma GCC visibility push(hidden)

/* Overwrites memory in a way that the compiler may not leave out. */
void studio_wipe(void *memory, size_t length);

/* Frees a text that is overwritten first; NULL is none. */
void studio_free_secret(char *text);

/* Overwrites what functions that have returned left on the stack below the caller's frame. */
void studio_wipe_stack(void);

#pragma GCC visibility pop

#endif
