/* Transfers on one multi handle. No Lua here: callbacks of libcurl fill C memory, and Lua reads it after libcurl has returned. */
#ifndef STUDIO_TRANSFER_H
#define STUDIO_TRANSFER_H

#include <curl/curl.h>

#include "buffer.h"
#include "headers.h"
#include "sockets.h"
#include "tls.h"

#if LIBCURL_VERSION_NUM < 0x074b00
#error "studio needs libcurl 7.75 or newer"
#endif
#define HAVE_PREREQ (LIBCURL_VERSION_NUM >= 0x075000)        /* CURLOPT_PREREQFUNCTION, 7.80 */
#define HAVE_PROTOCOLS_STR (LIBCURL_VERSION_NUM >= 0x075500) /* CURLOPT_PROTOCOLS_STR, 7.85 */
#define HAVE_QUICK_EXIT (LIBCURL_VERSION_NUM >= 0x075700)    /* CURLOPT_QUICK_EXIT, 7.87 */
/* The libcurl of run time may be older than the headers, but must know the options that were compiled in. */
#define LEAST_LIBCURL (HAVE_QUICK_EXIT ? 0x075700 : HAVE_PROTOCOLS_STR ? 0x075500 : HAVE_PREREQ ? 0x075000 : 0x074b00)

#pragma GCC visibility push(hidden)

/* What is the same for every transfer of a multi. Strings may be NULL: libcurl's own choice. */
typedef struct EngineOptions {
  char *user_agent;
  char *ca_file;
  char *proxy;
  char *no_proxy;
  double connect_timeout;
  int http1; /* HTTP/2 is not offered */
  size_t body_limit;
} EngineOptions;

typedef enum TransferState { TRANSFER_IDLE, TRANSFER_RUNNING, TRANSFER_DONE } TransferState;

typedef enum TransferFailure {
  FAILURE_NONE,
  FAILURE_CURL,      /* see `code` */
  FAILURE_BODY,      /* the body passed its limit */
  FAILURE_HEAD,      /* the header block passed its limit */
  FAILURE_STATUS,    /* where a status line is due comes something else */
  FAILURE_LENGTH,    /* where the body ends is said in two ways, or in none that can be read */
  FAILURE_CUT,       /* the connection closed in the middle of the header block */
  FAILURE_REPEAT,    /* libcurl was about to send the request once more by itself */
  FAILURE_UNFIT,     /* the kept connection was found closed before the request was sent on it; never told: the transfer starts over */
  FAILURE_MEMORY,
  FAILURE_DESCRIPTORS, /* the system, or the process, has no descriptor left for a connection */
  FAILURE_URL,       /* libcurl cannot read the URL; nothing was started */
  FAILURE_CANCELLED,
  FAILURE_FORKED     /* it was in flight when the process forked: the parent has it */
} TransferFailure;

typedef struct Engine Engine;

typedef struct Transfer {
  Engine *engine; /* NULL once the multi has closed */
  struct Transfer *previous, *next;           /* all transfers of the engine */
  struct Transfer *next_completed;            /* queue of those that ended and were not told yet */
  unsigned long id;
  CURL *easy;
  CURLU *url;
  char *origin;                               /* what `url` was last built for */
  char *method;                               /* what `easy` was last set for */
  HeaderSet *headers;
  Buffer request_body, head, body;
  size_t head_dropped;                        /* bytes of header blocks that came before the answer's own */
  int in_head;                                /* a status line came, and not yet the empty line behind its headers */
  int is_interim;                             /* what came last is the head of a 1xx answer */
  int head_ended;                             /* the empty line behind the answer's own headers came */
  int has_length;                             /* the headers so far announce the body's length */
  unsigned long long length;                  /* which is this */
  long timeout;                               /* milliseconds, as last set */
  int readers;                                /* functions that read `head` and `body` just now, see studio_transfer_hold */
  TransferState state;
  TransferFailure failure;
  CURLcode code;
  long status;
  long http_version;
  double seconds;
  int has_body;                               /* as last set */
  int listens;                                /* as last set: libcurl tells of its work */
  int asks_anew;                              /* as last set: names are not taken from libcurl's memory */
  int queued;
  int port;                                   /* our end of the connection that took the request; 0 before */
  int requests;                               /* how often libcurl began to send the request */
  int sent;                                   /* 1 when a byte of the request may have left */
  char error[CURL_ERROR_SIZE];
} Transfer;

/* The engine keeps a copy of the options; `engine` is zeroed memory that the caller owns. 0 when there is no memory. */
struct Engine {
  CURLM *multi;
  EngineOptions options;
  Transfer *transfers;
  Transfer *completed, *last_completed;
  unsigned long last_id;
  int running;
  long process;
  int mask_pipe;                              /* this libcurl writes TLS records without MSG_NOSIGNAL */
  int poller;                                 /* -1 until somebody asks for the descriptor */
  int bell;                                   /* what makes the poller readable on demand; -1 until it is rung */
  int moved;                                  /* a socket was ready in the last step; known with a poller only */
  double timer;                               /* when libcurl wants to be called, on the monotonic clock; -1 for never */
  unsigned long round;                        /* how often libcurl was given a turn */
  int unresolved;                             /* the last name that was looked up was not found */
  long pool;                                  /* how many connections libcurl keeps */
  int most_running;                           /* at once, since none was in flight */
  TlsLibrary tls;
  SocketList sockets;
  int out_of_descriptors;                     /* the last socket could not be had for want of descriptors */
  int closed;
};

int studio_engine_open(Engine *engine, const EngineOptions *options);
void studio_engine_close(Engine *engine);

/* In the child of a fork: forgets the parent's connections without touching them. Called by all that follow. */
void studio_engine_check_fork(Engine *engine);

/* Drives the transfers for at most `seconds`; comes back as soon as one has ended, or a signal came, and now and then without a reason. Gives how many
   are in flight. */
int studio_engine_step(Engine *engine, double seconds, double budget);
int studio_engine_pollfd(Engine *engine);
/* Makes the descriptor readable until the next step. */
void studio_engine_ring(Engine *engine);
/* Makes the descriptor readable, and a step come back, whenever another one is readable; 0 when that cannot be had. */
int studio_engine_watch(Engine *engine, int descriptor, int wanted);
/* For transfer.c: the number of transfers in flight has changed. */
void studio_engine_size_pool(Engine *engine);
/* For libcurl, called with the engine: open and close one of its sockets. */
curl_socket_t studio_engine_open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address);
int studio_engine_close_socket(void *context, curl_socket_t socket);
/* Seconds until libcurl wants to be called; negative for never. */
double studio_engine_timeout(Engine *engine);
/* For transfer.c: the transfer has ended, and is to be told; it is not to be told any more. */
void studio_engine_enqueue(Transfer *transfer);
void studio_engine_dequeue(Transfer *transfer);
/* The next transfer that has ended, or NULL. Each is told once. */
Transfer *studio_engine_next_completed(Engine *engine);

/* `transfer` is zeroed memory that the caller owns. */
int studio_transfer_open(Transfer *transfer, Engine *engine);
/* Ends it if it is in flight, and frees what it has; but `head` and `body` only once nobody reads them. */
void studio_transfer_close(Transfer *transfer);
/* The same for a transfer that nobody can refer to any more: a reader that an error ended has not let go. */
void studio_transfer_free(Transfer *transfer);

/* Between the two `head` and `body` stay as they are: whatever allocates Lua memory may run a finalizer of the program, and that may close the
   transfer, or its multi. */
void studio_transfer_hold(Transfer *transfer);
void studio_transfer_let_go(Transfer *transfer);

typedef struct RequestText {
  const char *method, *origin, *target, *body;
  size_t body_length;
  double timeout; /* seconds; 0 for none */
} RequestText;

/* FAILURE_NONE when it is on its way; otherwise FAILURE_URL or FAILURE_MEMORY. */
TransferFailure studio_transfer_start(Transfer *transfer, const RequestText *request, HeaderSet *headers);
void studio_transfer_cancel(Transfer *transfer);
/* Ready for the next request: buffers emptied, header set let go. */
void studio_transfer_reset(Transfer *transfer);

/* For engine.c: takes the result out of libcurl and leaves the multi. */
void studio_transfer_finish(Transfer *transfer, CURLcode code);
/* For engine.c: ends it without a word to libcurl, whose handle stays with the parent's multi. */
void studio_transfer_abandon(Transfer *transfer);

#pragma GCC visibility pop

#endif
