#include "pool.h"

/* libcurl's own limit shrinks with the number of transfers in flight, so that a second burst would have to connect anew. */
#define IDLE_CONNECTIONS 128
/* On one connection of HTTP/2, where its server allows as many; libcurl's own choice is 100. */
#define MOST_STREAMS 1000L
/* Where calls share connections, a host gets one for so many that the pool holds. libcurl 7 opens one for each call that is too many for
   the first, without waiting for the second (seen in 7.88: 900 for 1,000 calls). */
#define POOL_SHARE 16

/* libcurl asks those again that wait for a connection when a transfer leaves it. */
static void wake_waiting(CURLM *multi)
{
  CURL *easy = curl_easy_init();
  if (easy != NULL && curl_multi_add_handle(multi, easy) == CURLM_OK)
    curl_multi_remove_handle(multi, easy);
  curl_easy_cleanup(easy);
}

/* Tells libcurl how many connections it keeps, and how many a host gets: as many as there are calls, where they do not share them. */
static void tell(Pool *pool, CURLM *multi, int is_shared)
{
  int was_limited = pool->is_limited;
  pool->is_limited = is_shared;
  curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, pool->size);
  curl_multi_setopt(multi, CURLMOPT_MAX_HOST_CONNECTIONS, is_shared ? pool->size / POOL_SHARE : 0L);
  if (was_limited && !is_shared)
    wake_waiting(multi);
}

void studio_pool_open(Pool *pool, CURLM *multi, int is_shared)
{
  pool->size = IDLE_CONNECTIONS;
  pool->most_running = pool->is_limited = 0;
  curl_multi_setopt(multi, CURLMOPT_MAX_CONCURRENT_STREAMS, MOST_STREAMS);
  tell(pool, multi, is_shared);
}

/* libcurl closes a connection that becomes free where there are more than its limit, and counts those in use. */
void studio_pool_follow(Pool *pool, CURLM *multi, SocketList *sockets, int running, int is_shared)
{
  long size = pool->size;
  if (running > pool->most_running)
    pool->most_running = running;
  if (running > size) {
    size *= 2;
  } else if (running == 0) {
    /* As many may be wanted again soon; when it was few, the work of many is over. */
    if (pool->most_running <= IDLE_CONNECTIONS)
      size = IDLE_CONNECTIONS;
    pool->most_running = 0;
  }
  if (size == pool->size && is_shared == pool->is_limited)
    return;
  if (size < pool->size)
    studio_sockets_trim(sockets, (size_t)size);
  pool->size = size;
  tell(pool, multi, is_shared);
}
