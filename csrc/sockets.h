/* The open connections of one multi: the child of a fork closes them, and a request is not sent into one that its peer has closed. */
#ifndef STUDIO_SOCKETS_H
#define STUDIO_SOCKETS_H

#include <stddef.h>

#pragma GCC visibility push(hidden)

typedef struct OpenSocket {
  int descriptor;
  int port; /* of our end; 0 until somebody asked */
} OpenSocket;

typedef struct SocketList {
  OpenSocket *entries;
  size_t count, room;
} SocketList;

/* 0 when there is no memory. */
int studio_sockets_add(SocketList *list, int descriptor);
void studio_sockets_remove(SocketList *list, int descriptor);
/* Whether the peer of the connection with this local port has closed its side. */
int studio_sockets_hung_up(SocketList *list, int port);
void studio_sockets_close_all(SocketList *list);
void studio_sockets_free(SocketList *list);

#pragma GCC visibility pop

#endif
