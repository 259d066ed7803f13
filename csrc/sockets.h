/* The open connections of one multi: the child of a fork closes them, and no request is sent on one that cannot take it. */
#ifndef STUDIO_SOCKETS_H
#define STUDIO_SOCKETS_H

#include <stddef.h>

#pragma GCC visibility push(hidden)

typedef struct OpenSocket {
  int descriptor;
  int port;     /* of our end; 0 until somebody asked */
  int silent;   /* its protocol is known to be silent between requests */
  int given_up; /* no other request is to go out on it */
  int watched;  /* what the poller watches it for */
  int resting;  /* it is watched, but libcurl does not want to know */
  int unsure;   /* libcurl lost interest before it was connected: its number may be another's by now */
  unsigned long long identity; /* what else may get its number has another one */
  unsigned long round; /* the last in which it was found fit */
} OpenSocket;

typedef struct SocketList {
  OpenSocket *entries;
  size_t count, room;
} SocketList;

/* 0 when there is no memory. */
int studio_sockets_add(SocketList *list, int descriptor);
void studio_sockets_remove(SocketList *list, int descriptor);
/* NULL for what is none of them. Good until the next add or remove. */
OpenSocket *studio_sockets_find(SocketList *list, int descriptor);
/* Whether the connection with this local port cannot take another request: its peer has closed its side, or has sent something unasked where between
   requests the protocol is `silent`. Where many requests go out at once on one connection, the first of each `round` looks for all of them. */
int studio_sockets_unfit(SocketList *list, int port, int silent, unsigned long round);
/* The protocol of this connection turned out to be silent between requests. */
void studio_sockets_set_silent(SocketList *list, int port);
/* Whether nothing has come on the connection with this local port for so many seconds; 0 where the system does not tell. */
int studio_sockets_quiet_for(SocketList *list, int port, double seconds);
/* Whether other requests are kept from the connection with this local port. */
void studio_sockets_give_up(SocketList *list, int port, int given_up);
/* Shuts it down if it was given up, so that libcurl lets go of it. */
void studio_sockets_end_given_up(SocketList *list, int port);
void studio_sockets_close_all(SocketList *list);
void studio_sockets_free(SocketList *list);

#pragma GCC visibility pop

#endif
