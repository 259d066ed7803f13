/* The open connections of one multi: the child of a fork closes them, and no request is sent on one that cannot take it. */
#ifndef STUDIO_SOCKETS_H
#define STUDIO_SOCKETS_H

#include <stddef.h>

#pragma GCC visibility push(hidden)

typedef struct OpenSocket {
  struct Lane *lane;               /* the lane that opened it */
  struct OpenSocket *next;         /* of those in the same place of `by_descriptor` */
  struct OpenSocket *next_by_port; /* of those in the same place of `by_port` */
  int descriptor;
  int port;                    /* of our end; 0 until somebody asked */
  int in_flight;               /* how many requests are on their way on it */
  int is_http1;                /* it speaks HTTP/1.x, where the server is silent between requests */
  int is_used;                 /* a request went out on it */
  int given_up;                /* no other request is to go out on it */
  int watched;                 /* what the poller watches it for */
  int resting;                 /* the poller watches it between two requests, when libcurl has asked for no events */
  int unsure;                  /* libcurl stopped watching it before it was connected: it may be closed, and its number another's */
  unsigned long long identity; /* the system's number of the socket (its inode), which no other has: a descriptor is used again */
  unsigned long round;         /* the engine's last round in which studio_sockets_look asked the system, and did not find it unfit */
  int speaks;                  /* what studio_sockets_look found in that round: SOCKET_SPEAKS, else SOCKET_FIT */
  unsigned long visit;         /* the last walk of studio_sockets_visit that gave it */
} OpenSocket;

/* Places of the two tables: a power of two, and a few connections in each where there are a thousand. */
#define SOCKET_PLACES 256

typedef struct SocketList {
  OpenSocket *by_descriptor[SOCKET_PLACES];
  OpenSocket *by_port[SOCKET_PLACES]; /* those whose port nobody asked for yet are in the first place */
  size_t count;
  unsigned long visits;
} SocketList;

/* What the TLS library holds back of what came on a connection. */
typedef enum TlsSurplus { SURPLUS_NONE, SURPLUS_SOME, SURPLUS_UNKNOWN } TlsSurplus;

/* Whether a connection can take another request. One that is unfit was given up, its peer has closed its side, or has sent something while
   no request was on its way. In HTTP/2 a peer may do that: it speaks, and it may be a goodbye. */
typedef enum SocketState { SOCKET_FIT, SOCKET_SPEAKS, SOCKET_UNFIT } SocketState;

/* 0 when there is no memory. */
int studio_sockets_add(SocketList *list, int descriptor, struct Lane *lane);
void studio_sockets_remove(SocketList *list, int descriptor);
/* Forgets what libcurl has closed without a word of lanes that are freed: all that is left of any but this one; NULL is none. */
void studio_sockets_forget(SocketList *list, const struct Lane *lane);
/* NULL for what is none of them. Good until it is removed. */
OpenSocket *studio_sockets_find(SocketList *list, int descriptor);
/* Goes through all, whatever is added or removed meanwhile: `*visit` starts at 0; NULL at the end. */
OpenSocket *studio_sockets_visit(SocketList *list, unsigned long *visit);

/* Whether the connection with this local port can take another request. Where many go out at once on one connection, the first of each
   `round` looks for all of them. */
SocketState studio_sockets_look(SocketList *list, int port, TlsSurplus surplus, unsigned long round);
/* A request goes out on the connection with this local port. */
void studio_sockets_begin(SocketList *list, int port);
/* It has ended. A connection that was given up is shut down with the last of them, so that libcurl lets go of it. */
void studio_sockets_end(SocketList *list, int port);
void studio_sockets_set_http1(SocketList *list, int port);
/* Whether nothing has come on the connection with this local port for so many seconds; 0 where the system does not tell. */
int studio_sockets_quiet_for(SocketList *list, int port, double seconds);
/* Whether other requests are kept from the connection with this local port. */
void studio_sockets_give_up(SocketList *list, int port, int given_up);
/* Shuts down connections without a request until no more than `most` are left. */
void studio_sockets_trim(SocketList *list, size_t most);
/* Closes all, and forgets them. */
void studio_sockets_close_all(SocketList *list);
/* Forgets all. */
void studio_sockets_free(SocketList *list);

#pragma GCC visibility pop

#endif
