/* How many connections libcurl keeps, and how many it opens to a host. */
#ifndef STUDIO_POOL_H
#define STUDIO_POOL_H

#include <curl/curl.h>

#include "sockets.h"

#pragma GCC visibility push(hidden)

typedef struct Pool {
  long size;        /* how many connections libcurl keeps */
  int most_running; /* the most transfers that were in flight at once, since there were none */
  int is_limited;   /* libcurl opens no more connections to a host than shared ones take */
} Pool;

/* For a multi handle with nothing in flight. `is_shared`: calls share connections of HTTP/2, as far as is known. */
void studio_pool_open(Pool *pool, CURLM *multi, int is_shared);
/* The pool follows what is in flight, and shrinks when the work of many is over. Not to be called from a callback of libcurl. */
void studio_pool_follow(Pool *pool, CURLM *multi, SocketList *sockets, int running, int is_shared);

#pragma GCC visibility pop

#endif
