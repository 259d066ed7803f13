#define _GNU_SOURCE /* POLLRDHUP */

#include "sockets.h"

#include <stdlib.h>
#include <string.h>

#include "lane.h"
#include "platform.h"

#if defined(_WIN32)
#include <winsock2.h>
#include <ws2tcpip.h>
#define SHUT_RDWR SD_BOTH
#define WOULD_BLOCK (WSAGetLastError() == WSAEWOULDBLOCK)
#else
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#define WOULD_BLOCK (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)
#endif
#if !defined(MSG_DONTWAIT)
#define MSG_DONTWAIT 0 /* libcurl's sockets do not block anyway */
#endif

/* 0 where the system does not tell. */
static unsigned long long identity_of(int descriptor)
{
#if !defined(_WIN32)
  struct stat status;
  return fstat(descriptor, &status) == 0 ? (unsigned long long)status.st_ino : 0;
#else
  (void)descriptor;
  return 0;
#endif
}

/* Where the connections with such a descriptor begin. */
static OpenSocket **place_of_descriptor(SocketList *list, int descriptor)
{
  return &list->by_descriptor[(unsigned)descriptor % SOCKET_PLACES];
}

/* A system gives out every second port, or every one. */
static OpenSocket **place_of_port(SocketList *list, int port)
{
  return &list->by_port[port == 0 ? 0 : 1 + (unsigned)port / 2 % (SOCKET_PLACES - 1)];
}

int studio_sockets_add(SocketList *list, int descriptor, struct Lane *lane)
{
  OpenSocket *entry, **place;
  /* Of two connections that libcurl tries at once it closes one without a word (seen in 7.88), and its number is used again. */
  studio_sockets_remove(list, descriptor);
  entry = calloc(1, sizeof *entry);
  if (entry == NULL)
    return 0;
  entry->lane = lane;
  entry->descriptor = descriptor;
  entry->identity = identity_of(descriptor);
  place = place_of_descriptor(list, descriptor);
  entry->next = *place;
  *place = entry;
  place = place_of_port(list, 0);
  entry->next_by_port = *place;
  *place = entry;
  list->count++;
  return 1;
}

OpenSocket *studio_sockets_find(SocketList *list, int descriptor)
{
  OpenSocket *entry = *place_of_descriptor(list, descriptor);
  while (entry != NULL && entry->descriptor != descriptor)
    entry = entry->next;
  return entry;
}

/* Takes an entry out of the table of ports. */
static void leave_port(SocketList *list, OpenSocket *entry)
{
  OpenSocket **link = place_of_port(list, entry->port);
  while (*link != entry)
    link = &(*link)->next_by_port;
  *link = entry->next_by_port;
}

void studio_sockets_remove(SocketList *list, int descriptor)
{
  OpenSocket **link = place_of_descriptor(list, descriptor);
  while (*link != NULL && (*link)->descriptor != descriptor)
    link = &(*link)->next;
  if (*link != NULL) {
    OpenSocket *entry = *link;
    *link = entry->next;
    leave_port(list, entry);
    if (entry->is_used)
      entry->lane->connections--;
    free(entry);
    list->count--;
  }
}

OpenSocket *studio_sockets_visit(SocketList *list, unsigned long *visit)
{
  size_t place;
  OpenSocket *entry;
  if (*visit == 0)
    *visit = ++list->visits;
  for (place = 0; place < SOCKET_PLACES; place++) {
    for (entry = list->by_descriptor[place]; entry != NULL; entry = entry->next) {
      if (entry->visit != *visit) {
        entry->visit = *visit;
        return entry;
      }
    }
  }
  return NULL;
}

void studio_sockets_forget(SocketList *list, const struct Lane *lane)
{
  unsigned long visit = 0;
  OpenSocket *entry;
  while ((entry = studio_sockets_visit(list, &visit)) != NULL) {
    if (entry->lane == lane)
      continue;
    entry->is_used = 0; /* its lane counts no more */
    studio_sockets_remove(list, entry->descriptor);
  }
}

/* The local port of a socket; 0 where it has none yet. */
static int port_of(int descriptor)
{
  struct sockaddr_storage address;
  socklen_t length = sizeof address;
  memset(&address, 0, sizeof address);
  if (getsockname(descriptor, (struct sockaddr *)&address, &length) != 0)
    return 0;
  if (address.ss_family == AF_INET)
    return ntohs(((struct sockaddr_in *)&address)->sin_port);
  if (address.ss_family == AF_INET6)
    return ntohs(((struct sockaddr_in6 *)&address)->sin6_port);
  return 0;
}

/* Puts the connections whose port nobody asked for yet in their places. */
static void ask_for_ports(SocketList *list)
{
  OpenSocket **link = place_of_port(list, 0), **place;
  while (*link != NULL) {
    OpenSocket *entry = *link;
    int port = port_of(entry->descriptor);
    if (port == 0) {
      link = &entry->next_by_port;
      continue;
    }
    *link = entry->next_by_port;
    entry->port = port;
    place = place_of_port(list, port);
    entry->next_by_port = *place;
    *place = entry;
  }
}

/* The next entry with this port behind `entry`, the first for NULL; NULL when there is none left. Connections to two addresses may have the
   same one. */
static OpenSocket *with_port(SocketList *list, int port, OpenSocket *entry)
{
  if (port == 0)
    return NULL;
  if (entry == NULL) {
    ask_for_ports(list);
    entry = *place_of_port(list, port);
  } else {
    entry = entry->next_by_port;
  }
  while (entry != NULL && entry->port != port)
    entry = entry->next_by_port;
  return entry;
}

/* Whether there is something to be read: bytes, the end, or an error. */
static int has_input(int descriptor)
{
  char byte;
  return recv(descriptor, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0 || !WOULD_BLOCK;
}

/* Whether the peer has closed its side, with or without bytes before the end. A system without POLLRDHUP tells only once they are read. */
static int is_closed(int descriptor)
{
#if defined(POLLRDHUP)
  struct pollfd question = { 0 };
  question.fd = descriptor;
  question.events = POLLRDHUP;
  return poll(&question, 1, 0) > 0;
#else
  char byte;
  int got = (int)recv(descriptor, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got == 0 || (got < 0 && !WOULD_BLOCK);
#endif
}

SocketState studio_sockets_look(SocketList *list, int port, TlsSurplus surplus, unsigned long round)
{
  OpenSocket *entry = NULL;
  SocketState state = SOCKET_FIT;
  while ((entry = with_port(list, port, entry)) != NULL) {
    int is_idle = entry->in_flight == 0, has_more = is_idle && has_input(entry->descriptor);
    if (entry->given_up || (is_idle && entry->is_http1 && (has_more || surplus != SURPLUS_NONE)))
      return SOCKET_UNFIT;
    if ((is_idle ? has_more : entry->round != round) && is_closed(entry->descriptor))
      return SOCKET_UNFIT;
    if (is_idle || entry->round != round)
      entry->speaks = is_idle && entry->is_used && (has_more || surplus == SURPLUS_SOME);
    entry->round = round;
    if (entry->speaks)
      state = SOCKET_SPEAKS;
  }
  return state;
}

void studio_sockets_begin(SocketList *list, int port)
{
  OpenSocket *entry = NULL;
  while ((entry = with_port(list, port, entry)) != NULL) {
    if (!entry->is_used)
      entry->lane->connections++;
    entry->is_used = 1;
    entry->in_flight++;
  }
}

void studio_sockets_end(SocketList *list, int port)
{
  OpenSocket *entry = NULL;
  while ((entry = with_port(list, port, entry)) != NULL) {
    if (entry->in_flight > 0)
      entry->in_flight--;
    if (entry->given_up && entry->in_flight == 0)
      shutdown(entry->descriptor, SHUT_RDWR);
  }
}

void studio_sockets_set_http1(SocketList *list, int port)
{
  OpenSocket *entry = NULL;
  while ((entry = with_port(list, port, entry)) != NULL)
    entry->is_http1 = 1;
}

int studio_sockets_quiet_for(SocketList *list, int port, double seconds)
{
#if defined(__linux__)
  OpenSocket *entry = with_port(list, port, NULL);
  struct tcp_info info;
  socklen_t length = sizeof info;
  memset(&info, 0, sizeof info);
  if (entry == NULL || getsockopt(entry->descriptor, IPPROTO_TCP, TCP_INFO, &info, &length) != 0)
    return 0;
  return info.tcpi_last_data_recv >= seconds * 1000;
#else
  (void)list;
  (void)port;
  (void)seconds;
  return 0;
#endif
}

void studio_sockets_give_up(SocketList *list, int port, int given_up)
{
  OpenSocket *entry = NULL;
  while ((entry = with_port(list, port, entry)) != NULL)
    entry->given_up = given_up;
}

void studio_sockets_trim(SocketList *list, size_t most)
{
  size_t left = list->count;
  unsigned long visit = 0;
  OpenSocket *entry;
  while (left > most && (entry = studio_sockets_visit(list, &visit)) != NULL) {
    if (entry->in_flight == 0) {
      shutdown(entry->descriptor, SHUT_RDWR);
      left--;
    }
  }
}

void studio_sockets_close_all(SocketList *list)
{
  unsigned long visit = 0;
  OpenSocket *entry;
  while ((entry = studio_sockets_visit(list, &visit)) != NULL)
    if (identity_of(entry->descriptor) == entry->identity)
      studio_close_descriptor(entry->descriptor);
  studio_sockets_free(list);
}

void studio_sockets_free(SocketList *list)
{
  size_t place;
  for (place = 0; place < SOCKET_PLACES; place++) {
    while (list->by_descriptor[place] != NULL) {
      OpenSocket *entry = list->by_descriptor[place];
      list->by_descriptor[place] = entry->next;
      free(entry);
    }
  }
  memset(list, 0, sizeof *list);
}
