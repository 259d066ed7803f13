/* What is known of one request and its answer, for the files that work on it: transfer.c, and those with libcurl's callbacks. */
#ifndef STUDIO_TRANSFER_STATE_H
#define STUDIO_TRANSFER_STATE_H

#include <curl/curl.h>
#include <string.h>

#include "buffer.h"
#include "engine.h"
#include "headers.h"

typedef enum TransferState { TRANSFER_IDLE, TRANSFER_RUNNING, TRANSFER_DONE } TransferState;

typedef enum TransferFailure {
  FAILURE_NONE,
  FAILURE_CURL,   /* see `code` */
  FAILURE_BODY,   /* the body passed its limit */
  FAILURE_HEAD,   /* the header block passed its limit */
  FAILURE_STATUS, /* where a status line is due comes something else */
  FAILURE_LENGTH, /* where the body ends is said in two ways, or in none that can be read */
  FAILURE_FOLDED, /* a header that says so goes on in another line */
  FAILURE_CUT,    /* the connection closed in the middle of the header block */
  FAILURE_REPEAT, /* libcurl was about to send the request once more by itself */
  FAILURE_UNFIT,  /* the kept connection was found closed before the request was sent on it; never told: the transfer starts over */
  FAILURE_MEMORY,
  FAILURE_DESCRIPTORS, /* the system, or the process, has no descriptor left for a connection */
  FAILURE_URL,         /* libcurl cannot read the URL; nothing was started */
  FAILURE_CANCELLED,
  FAILURE_FORKED /* it was in flight when the process forked: the parent has it */
} TransferFailure;

typedef struct Transfer {
  Member member;  /* first: the engine knows it by this */
  Engine *engine; /* NULL once it is closed */
  CURL *easy;
  CURLU *url;
  char *origin; /* what `url` was last built for */
  char *method; /* what `easy` was last set for */
  HeaderSet *headers;
  Buffer request_body, head, body;
  size_t last_line;          /* where in `head` the line begins that came last */
  size_t head_dropped;       /* bytes of header blocks that came before the answer's own */
  TlsProtocol protocol;      /* of the connection that takes the request */
  int is_http1;              /* the status line that came last was of HTTP/1.x */
  int in_head;               /* a status line came, and not yet the empty line behind its headers */
  int is_interim;            /* what came last is the head of a 1xx answer */
  int head_ended;            /* the empty line behind the answer's own headers came */
  int has_length;            /* the headers so far announce the body's length */
  unsigned long long length; /* which is this */
  int has_type;              /* the headers so far say what the body is */
  int is_other_type;         /* which is not plainly JSON */
  long timeout;              /* milliseconds, as last set */
  double late_at;            /* when libcurl must have ended it, on the monotonic clock; 0 for never */
  int readers;               /* functions that read `head` and `body` just now, see studio_transfer_hold */
  TransferState state;
  TransferFailure failure;
  CURLcode code;
  long status;
  long http_version;
  double seconds;
  int has_body;   /* as last set */
  long read_size; /* as last set */
  int listens;    /* as last set: libcurl tells of its work */
  int asks_anew;  /* as last set: names are not taken from libcurl's memory */
  int is_fresh;   /* as last set: the request takes a new connection */
  int is_left;    /* as last set: its connection is not kept */
  const struct curl_slist *lines; /* as last set */
  int port;       /* our end of the connection that took the request; 0 before */
  int requests;   /* 1 when libcurl began to send the request */
  int refused;    /* libcurl told that the server did not look at it */
  int sent;       /* 1 when a byte of the request may have left */
  int error_seen; /* what `error` says now is known */
  char error[CURL_ERROR_SIZE];
} Transfer;

/* Whether an origin is spoken to over TLS. */
static inline int studio_is_secure(const char *origin)
{
  return strncmp(origin, "https:", 6) == 0;
}

/* Sets whether the request takes a new connection, and whether its connection takes no other request behind it. */
static inline void studio_set_reuse(Transfer *transfer, int is_fresh, int is_left)
{
  if (transfer->is_fresh != is_fresh)
    curl_easy_setopt(transfer->easy, CURLOPT_FRESH_CONNECT, (long)is_fresh);
  if (transfer->is_left != is_left)
    curl_easy_setopt(transfer->easy, CURLOPT_FORBID_REUSE, (long)is_left);
  transfer->is_fresh = is_fresh;
  transfer->is_left = is_left;
}

#endif
