#define _GNU_SOURCE /* POLLRDHUP */

#include "sockets.h"

#include <stdlib.h>
#include <string.h>

#include "platform.h"

#if !defined(_WIN32)
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
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

int studio_sockets_add(SocketList *list, int descriptor)
{
  /* Of two connections that libcurl tries at once it closes one without a word (seen in 7.88), and its number is used again. */
  studio_sockets_remove(list, descriptor);
  if (list->count == list->room) {
    size_t room = list->room ? list->room * 2 : 16;
    OpenSocket *entries = realloc(list->entries, room * sizeof *entries);
    if (entries == NULL)
      return 0;
    list->entries = entries;
    list->room = room;
  }
  memset(&list->entries[list->count], 0, sizeof list->entries[list->count]);
  list->entries[list->count].identity = identity_of(descriptor);
  list->entries[list->count++].descriptor = descriptor;
  return 1;
}

OpenSocket *studio_sockets_find(SocketList *list, int descriptor)
{
  size_t index;
  for (index = 0; index < list->count; index++)
    if (list->entries[index].descriptor == descriptor)
      return &list->entries[index];
  return NULL;
}

void studio_sockets_remove(SocketList *list, int descriptor)
{
  OpenSocket *entry = studio_sockets_find(list, descriptor);
  if (entry != NULL)
    *entry = list->entries[--list->count];
}

#if defined(POLLRDHUP)

static int local_port(int descriptor)
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

/* The next entry with this port, from `*index` on; NULL when there is none left. */
static OpenSocket *with_port(SocketList *list, int port, size_t *index)
{
  while (*index < list->count) {
    OpenSocket *entry = &list->entries[(*index)++];
    if (entry->port == 0)
      entry->port = local_port(entry->descriptor);
    if (entry->port == port)
      return entry;
  }
  return NULL;
}

int studio_sockets_unfit(SocketList *list, int port, int silent, unsigned long round)
{
  size_t index = 0;
  OpenSocket *entry;
  while ((entry = with_port(list, port, &index)) != NULL) {
    struct pollfd question = { 0 };
    int is_silent = silent || entry->silent;
    if (!is_silent && !entry->given_up && entry->round == round)
      continue;
    question.fd = entry->descriptor;
    question.events = is_silent ? POLLRDHUP | POLLIN : POLLRDHUP;
    if (entry->given_up || poll(&question, 1, 0) > 0)
      return 1;
    entry->round = round;
  }
  return 0;
}

void studio_sockets_set_silent(SocketList *list, int port)
{
  size_t index = 0;
  OpenSocket *entry;
  while ((entry = with_port(list, port, &index)) != NULL)
    entry->silent = 1;
}

int studio_sockets_quiet_for(SocketList *list, int port, double seconds)
{
#if defined(__linux__)
  size_t index = 0;
  OpenSocket *entry = with_port(list, port, &index);
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
  size_t index = 0;
  OpenSocket *entry;
  while ((entry = with_port(list, port, &index)) != NULL)
    entry->given_up = given_up;
}

void studio_sockets_end_given_up(SocketList *list, int port)
{
  size_t index = 0;
  OpenSocket *entry;
  while ((entry = with_port(list, port, &index)) != NULL)
    if (entry->given_up)
      shutdown(entry->descriptor, SHUT_RDWR);
}

#else

/* Elsewhere nothing but reading tells the end of a stream, and what is to be read is libcurl's. */
int studio_sockets_unfit(SocketList *list, int port, int silent, unsigned long round)
{
  (void)list;
  (void)port;
  (void)silent;
  (void)round;
  return 0;
}

void studio_sockets_set_silent(SocketList *list, int port)
{
  (void)list;
  (void)port;
}

int studio_sockets_quiet_for(SocketList *list, int port, double seconds)
{
  (void)list;
  (void)port;
  (void)seconds;
  return 0;
}

void studio_sockets_give_up(SocketList *list, int port, int given_up)
{
  (void)list;
  (void)port;
  (void)given_up;
}

void studio_sockets_end_given_up(SocketList *list, int port)
{
  (void)list;
  (void)port;
}

#endif

void studio_sockets_close_all(SocketList *list)
{
  while (list->count > 0) {
    const OpenSocket *entry = &list->entries[--list->count];
    if (identity_of(entry->descriptor) == entry->identity)
      studio_close_descriptor(entry->descriptor);
  }
}

void studio_sockets_free(SocketList *list)
{
  free(list->entries);
  memset(list, 0, sizeof *list);
}
