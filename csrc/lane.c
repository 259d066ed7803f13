#include "lane.h"

#include <stdlib.h>

#include "platform.h"

/* CURLMOPT_QUICK_EXIT, of libcurl 8.20, where the threads that ask name servers belong to the multi. An older one refuses the number. */
#define QUICK_EXIT ((CURLMoption)21)
/* On one connection of HTTP/2, where its server allows as many; libcurl's own choice is 100. */
#define MOST_STREAMS 1000L
/* Where calls share connections, a host gets one for so many that libcurl keeps. libcurl 7 opens one for each call that is too many for the
   first, without waiting for the second (seen in 7.88: 900 for 1,000 calls). */
#define CALLS_A_CONNECTION 16

/* libcurl asks those again that wait for a connection when a transfer leaves it. */
static void wake_waiting(CURLM *multi)
{
  CURL *easy = curl_easy_init();
  if (easy != NULL && curl_multi_add_handle(multi, easy) == CURLM_OK)
    curl_multi_remove_handle(multi, easy);
  curl_easy_cleanup(easy);
}

/* Tells libcurl how many connections it keeps, and how many a host gets: as many as there are calls, where they do not share them. Its own
   limit shrinks with the number of transfers in flight, so that a second burst would have to connect anew. */
static void tell(Lane *lane, long size, int is_shared)
{
  int was_limited = lane->is_limited;
  lane->size = size;
  lane->is_limited = is_shared;
  curl_multi_setopt(lane->multi, CURLMOPT_MAXCONNECTS, size);
  curl_multi_setopt(lane->multi, CURLMOPT_MAX_HOST_CONNECTIONS, is_shared ? size / CALLS_A_CONNECTION : 0L);
  if (was_limited && !is_shared)
    wake_waiting(lane->multi);
}

Lane *studio_lane_new(struct Engine *engine, int is_shared)
{
  Lane *lane = calloc(1, sizeof *lane);
  CURLM *multi = lane == NULL ? NULL : curl_multi_init();
  if (multi == NULL) {
    free(lane);
    return NULL;
  }
  lane->engine = engine;
  lane->multi = multi;
  lane->timer = -1;
  curl_multi_setopt(multi, QUICK_EXIT, 1L);
  curl_multi_setopt(multi, CURLMOPT_PIPELINING, (long)CURLPIPE_MULTIPLEX);
  curl_multi_setopt(multi, CURLMOPT_MAX_CONCURRENT_STREAMS, MOST_STREAMS);
  tell(lane, IDLE_CONNECTIONS, is_shared);
  return lane;
}

/* libcurl closes a connection that becomes free where there are more than its limit, and counts those in use. */
void studio_lane_follow(Lane *lane, int is_shared)
{
  if (lane->running > lane->size)
    tell(lane, lane->size * 2, is_shared);
  else if (is_shared != lane->is_limited)
    tell(lane, lane->size, is_shared);
}

void studio_lane_shrink(Lane *lane)
{
  if (lane->size > IDLE_CONNECTIONS)
    tell(lane, IDLE_CONNECTIONS, lane->is_limited);
}

void studio_lanes_free(Lane *lane)
{
  while (lane != NULL) {
    Lane *next = lane->next;
    curl_multi_cleanup(lane->multi);
    free(lane);
    lane = next;
  }
}

/* Cleaning up what the parent's lanes own would say goodbye on the parent's connections. They are kept reachable, so that leak checkers see
   that it is meant. */
void studio_lanes_abandon(Lane *lane)
{
  static Lane *abandoned;
  while (lane != NULL) {
    Lane *next = lane->next;
    lane->next = abandoned;
    abandoned = lane;
    lane = next;
  }
}

Lane *studio_lanes_choose(Lane *lane)
{
  Lane *with_room = NULL;
  for (; lane != NULL; lane = lane->next) {
    if (lane->running < lane->connections)
      return lane;
    if (with_room == NULL && lane->running < CALLS_A_LANE)
      with_room = lane;
  }
  return with_room;
}

double studio_lanes_timer(const Lane *lane)
{
  double soonest = -1;
  for (; lane != NULL; lane = lane->next)
    if (lane->timer >= 0 && (soonest < 0 || lane->timer < soonest))
      soonest = lane->timer;
  return soonest;
}

int studio_lanes_act_on_timers(Lane *lane)
{
  double now = studio_now();
  int running, failed = 0;
  for (; lane != NULL; lane = lane->next) {
    if (lane->timer < 0 || lane->timer > now)
      continue;
    lane->timer = -1; /* before the call: libcurl sets the next one inside it */
    failed |= curl_multi_socket_action(lane->multi, CURL_SOCKET_TIMEOUT, 0, &running) > CURLM_OK;
  }
  return failed;
}
