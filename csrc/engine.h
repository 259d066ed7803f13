/* libcurl's multi handles, and what is in flight on them. No Lua here: callbacks of libcurl fill C memory, and Lua reads it after libcurl
   has returned. */
#ifndef STUDIO_ENGINE_H
#define STUDIO_ENGINE_H

#include <curl/curl.h>

#include "lane.h"
#include "sockets.h"
#include "tls.h"

#if LIBCURL_VERSION_NUM < 0x074b00
#error "studio needs libcurl 7.75 or newer"
#endif
#define HAVE_PREREQ (LIBCURL_VERSION_NUM >= 0x075000)        /* CURLOPT_PREREQFUNCTION, 7.80 */
#define HAVE_CAINFO (LIBCURL_VERSION_NUM >= 0x075400)        /* cainfo of curl_version_info, 7.84 */
#define HAVE_PROTOCOLS_STR (LIBCURL_VERSION_NUM >= 0x075500) /* CURLOPT_PROTOCOLS_STR, 7.85 */
#define HAVE_QUICK_EXIT (LIBCURL_VERSION_NUM >= 0x075700)    /* CURLOPT_QUICK_EXIT, 7.87 */
/* The libcurl of run time may be older than the headers, but must know the options that were compiled in. */
#define LEAST_LIBCURL (HAVE_QUICK_EXIT ? 0x075700 : HAVE_PROTOCOLS_STR ? 0x075500 : HAVE_PREREQ ? 0x075000 : 0x074b00)

#pragma GCC visibility push(hidden)

/* What is the same for every transfer of a multi. Strings may be NULL: libcurl's own choice. */
typedef struct EngineOptions {
  char *user_agent;
  char *ca_file;
  char *proxy; /* empty for none; NULL for the same in what studio_engine_open takes */
  char *no_proxy;
  double connect_timeout;
  int http1; /* HTTP/2 is not offered */
  size_t body_limit;
} EngineOptions;

/* What an engine knows of a transfer: its place among all, and among those that have ended. */
typedef struct Member {
  const struct MemberKind *kind;
  Lane *lane;                     /* where it is in flight, or was last */
  struct Member *previous, *next; /* all members of the engine */
  struct Member *next_completed;  /* those that ended and were not told yet */
  int queued;                     /* it is one of these */
  unsigned long id;
} Member;

/* What an engine has its members do. CURLOPT_PRIVATE of a member's easy handle is the member. */
typedef struct MemberKind {
  void (*finish)(Member *member, CURLcode code); /* libcurl has done with it */
  void (*give_up)(Member *member);               /* libcurl has lost its way: where it is in flight, it ends for want of memory */
  int (*is_failing)(Member *member);             /* whether libcurl has written down a failure of it and not told it; each once */
  /* It ends where libcurl has let its time pass. Gives when to ask again; 0 for never. */
  double (*end_if_late)(Member *member, double now);
  void (*abandon)(Member *member); /* the process has forked: where it is in flight, it ends without a word to libcurl */
  void (*close)(Member *member);   /* the engine closes: it frees what it has, and leaves */
} MemberKind;

typedef struct Engine {
  Lane *lanes; /* NULL once closed, and where there was no memory for one */
  EngineOptions options;
  Member *members;
  Member *completed, *last_completed;
  unsigned long last_id;
  int running;
  int most_running; /* the most transfers that were in flight at once, since there were none */
  long process;
  int mask_pipe;       /* this libcurl writes TLS records without MSG_NOSIGNAL */
  int poller;          /* -1 until somebody asks for the descriptor */
  int bell;            /* what makes the poller readable on demand; -1 until it is rung */
  int unsettled;       /* a session of HTTP/2 may have broken */
  int moved;           /* a socket was ready in the last step; known with a poller only */
  double first_late;   /* when a member may be late that libcurl has forgotten; 0 for never */
  unsigned long round; /* how often libcurl was given a turn */
  int unresolved;      /* the last name that was looked up was not found */
  int is_shared;       /* calls share connections of HTTP/2, as far as the members know */
  int has_tls_proxy;   /* the proxy is spoken to over TLS */
  TlsLibrary tls;
  SocketList sockets;
  int out_of_descriptors; /* the last socket could not be had for want of descriptors */
  int closed;
  unsigned int libcurl; /* its version at run time */
} Engine;

/* Keeps a copy of the options; `engine` is memory that the caller owns. 0 when there is no memory. */
int studio_engine_open(Engine *engine, const EngineOptions *options);
/* Ends all transfers as cancelled, closes the connections and frees what the engine owns but for the poller; safe again. */
void studio_engine_close(Engine *engine);
/* Behind it: closes the poller, on which others may sleep, and its number is free for other files from then on. Safe again. */
void studio_engine_close_poller(Engine *engine);

/* In the child of a fork: forgets the parent's connections without touching them. studio_engine_step, _pollfd, _ring, _watch and
   _timeout begin with it. */
void studio_engine_check_fork(Engine *engine);

/* Drives the transfers for at most `seconds`, and gives how many are in flight. Returns as soon as one has ended or a signal came; it may
   return earlier, so the caller looks what has ended and calls again. `budget`: seconds of work after which no further socket is looked
   at in this step; 0 for no limit. */
int studio_engine_step(Engine *engine, double seconds, double budget);
/* The poller's descriptor, readable when a step has something to do; -1 where the system has none. */
int studio_engine_pollfd(Engine *engine);
/* Makes the descriptor readable until the next step. */
void studio_engine_ring(Engine *engine);
/* Makes the descriptor readable, and a step come back, whenever another one is readable; 0 when that cannot be had. */
int studio_engine_watch(Engine *engine, int descriptor, int wanted);
/* Seconds until libcurl wants to be called; negative for never. */
double studio_engine_timeout(Engine *engine);
/* The next member that has ended, or NULL. Each is told once. */
Member *studio_engine_next_completed(Engine *engine);

/* For members. `member` is zeroed memory; it leaves before that is freed. */
void studio_engine_join(Engine *engine, Member *member, const MemberKind *kind);
void studio_engine_leave(Engine *engine, Member *member);
/* Puts a member's easy handle in flight; 0 when libcurl does not take it. */
int studio_engine_begin(Engine *engine, Member *member, CURL *easy);
/* Has the members asked at that moment whether they are late. */
void studio_engine_ask_at(Engine *engine, double moment);
/* Takes a member's easy handle out of flight that used the connection with this local port; 0 for none. */
void studio_engine_end(Engine *engine, Member *member, CURL *easy, int port);
/* Puts a member into the queue of studio_engine_next_completed, and takes it out. */
void studio_engine_enqueue(Engine *engine, Member *member);
void studio_engine_dequeue(Engine *engine, Member *member);

/* For libcurl: opens a socket for a member, and closes one of an engine. */
curl_socket_t studio_engine_open_socket(void *member, curlsocktype purpose, struct curl_sockaddr *address);
int studio_engine_close_socket(void *engine, curl_socket_t socket);

#pragma GCC visibility pop

#endif
