/* A multi handle of libcurl, and how many connections it keeps and opens. */
#ifndef STUDIO_LANE_H
#define STUDIO_LANE_H

#include <curl/curl.h>

#pragma GCC visibility push(hidden)

/* The connections that libcurl keeps of work in which few calls are in flight. */
#define IDLE_CONNECTIONS 128

/* For each request libcurl goes through all connections of its multi handle: with a thousand that takes as long as the rest of its work
   (seen in 7.88). So an engine has another lane where many calls are in flight that each need a connection. */
typedef struct Lane {
  struct Lane *next; /* of the engine's */
  struct Engine *engine;
  CURLM *multi;
  double timer;    /* when libcurl wants to be called, on the monotonic clock; -1 for never */
  int running;     /* how many transfers are in flight on it */
  int connections; /* how many of its connections have taken a request, idle ones too */
  long size;       /* how many libcurl keeps */
  int is_limited;  /* libcurl opens no more to a host than shared ones take */
} Lane;

/* From so many transfers in flight on a lane on, calls that need a connection each go to another one. */
#define CALLS_A_LANE 64

/* NULL where there is no memory or, from libcurl 8 on, no descriptor. `is_shared`: calls share connections of HTTP/2, as far as is
   known. */
Lane *studio_lane_new(struct Engine *engine, int is_shared);
/* libcurl keeps as many connections as there are calls, and is told whether calls share them. Not to be called from a callback of
   libcurl. */
void studio_lane_follow(Lane *lane, int is_shared);
/* libcurl keeps as many as few calls need from now on. */
void studio_lane_shrink(Lane *lane);

/* For a lane and those behind it; NULL is none. Closes the connections, and frees the lanes. */
void studio_lanes_free(Lane *lane);
/* The process has forked: they stay as they are for ever. */
void studio_lanes_abandon(Lane *lane);
/* The lane for a call that needs a connection: one with an idle one, else one with room; NULL where there is none. */
Lane *studio_lanes_choose(Lane *lane);
/* When libcurl wants to be called first; -1 for never. */
double studio_lanes_timer(const Lane *lane);
/* Calls libcurl for the timers that are due; gives whether that failed. */
int studio_lanes_act_on_timers(Lane *lane);

#pragma GCC visibility pop

#endif
