/* The poller over epoll, over kqueue, and where the system has neither a stand-in that never opens. */
#include "poller.h"

#include "platform.h"

#include <stddef.h>

#if defined(__linux__)

#include <errno.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* In the upper half of an event's data. */
#define OTHER ((uint64_t)1 << 32)

int studio_poller_open(void)
{
  return epoll_create1(EPOLL_CLOEXEC);
}

int studio_poller_watch(int poller, int descriptor, int interest, int watched)
{
  struct epoll_event event = { 0 };
  event.data.u64 = (uint32_t)descriptor;
  if (interest & POLLER_OTHER)
    event.data.u64 |= OTHER;
  if (interest & POLLER_READ)
    event.events |= EPOLLIN;
  if (interest & POLLER_WRITE)
    event.events |= EPOLLOUT;
  if (interest == 0)
    return epoll_ctl(poller, EPOLL_CTL_DEL, descriptor, &event) == 0;
  if (watched != 0 && epoll_ctl(poller, EPOLL_CTL_MOD, descriptor, &event) == 0)
    return 1;
  if (epoll_ctl(poller, EPOLL_CTL_ADD, descriptor, &event) == 0)
    return 1;
  return errno == EEXIST && epoll_ctl(poller, EPOLL_CTL_MOD, descriptor, &event) == 0;
}

void studio_poller_ring(int poller, int *bell)
{
  uint64_t one = 1;
  if (*bell == -1) {
    *bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (*bell == -1 || !studio_poller_watch(poller, *bell, POLLER_READ | POLLER_OTHER, 0))
      return;
  }
  /* It cannot fail but by being rung already. */
  if (write(*bell, &one, sizeof one) == -1)
    return;
}

void studio_poller_close(int poller, int bell)
{
  if (bell != -1)
    studio_close_descriptor(bell);
  studio_close_descriptor(poller);
}

void studio_poller_close_inherited(int poller, int bell)
{
  studio_poller_close(poller, bell);
}

int studio_poller_wait(int poller, int bell, PollerEvent *events, int most, double seconds)
{
  struct epoll_event ready[64];
  int count, index;
  if (most > 64)
    most = 64;
  count = epoll_wait(poller, ready, most, studio_milliseconds(seconds));
  for (index = 0; index < count; index++) {
    events[index].descriptor = (int)(uint32_t)ready[index].data.u64;
    events[index].ready = (ready[index].data.u64 & OTHER) != 0 ? POLLER_OTHER : 0;
    if (ready[index].events & (EPOLLIN | EPOLLERR | EPOLLHUP))
      events[index].ready |= POLLER_READ;
    if (ready[index].events & (EPOLLOUT | EPOLLERR | EPOLLHUP))
      events[index].ready |= POLLER_WRITE;
    if (events[index].descriptor == bell) {
      uint64_t rung;
      if (read(bell, &rung, sizeof rung) == -1)
        events[index].ready = POLLER_OTHER;
    }
  }
  return count;
}

#elif defined(__APPLE__) || defined(__FreeBSD__) || defined(__NetBSD__) || defined(__OpenBSD__) || defined(__DragonFly__)

#include <sys/types.h>
#include <sys/event.h>
#include <sys/time.h>
#include <fcntl.h>

int studio_poller_open(void)
{
  int poller = kqueue();
  if (poller != -1)
    fcntl(poller, F_SETFD, FD_CLOEXEC);
  return poller;
}

/* Adds or deletes one direction of a descriptor; gives 1, or 0 where kqueue refused. */
static int watch_filter(int poller, int descriptor, short filter, int wanted, int interest)
{
  struct kevent change;
  EV_SET(&change, descriptor, filter, wanted ? EV_ADD : EV_DELETE, 0, 0, (interest & POLLER_OTHER) ? (void *)1 : NULL);
  return kevent(poller, &change, 1, NULL, 0, NULL) == 0;
}

int studio_poller_watch(int poller, int descriptor, int interest, int watched)
{
  int reads = watch_filter(poller, descriptor, EVFILT_READ, interest & POLLER_READ, interest);
  int writes = watch_filter(poller, descriptor, EVFILT_WRITE, interest & POLLER_WRITE, interest);
  (void)watched;
  return (!(interest & POLLER_READ) || reads) && (!(interest & POLLER_WRITE) || writes);
}

void studio_poller_ring(int poller, int *bell)
{
#if defined(EVFILT_USER)
  struct kevent changes[2];
  (void)bell;
  EV_SET(&changes[0], 0, EVFILT_USER, EV_ADD | EV_CLEAR, 0, 0, (void *)1);
  EV_SET(&changes[1], 0, EVFILT_USER, 0, NOTE_TRIGGER, 0, (void *)1);
  kevent(poller, changes, 2, NULL, 0, NULL);
#else
  (void)poller;
  (void)bell;
#endif
}

void studio_poller_close(int poller, int bell)
{
  (void)bell;
  studio_close_descriptor(poller);
}

void studio_poller_close_inherited(int poller, int bell)
{
  (void)poller;
  (void)bell;
}

int studio_poller_wait(int poller, int bell, PollerEvent *events, int most, double seconds)
{
  struct kevent ready[64];
  struct timespec timeout;
  int count, index, milliseconds = studio_milliseconds(seconds);
  (void)bell;
  if (most > 64)
    most = 64;
  timeout.tv_sec = milliseconds / 1000;
  timeout.tv_nsec = (milliseconds % 1000) * 1000000L;
  count = kevent(poller, NULL, 0, ready, most, &timeout);
  for (index = 0; index < count; index++) {
    events[index].descriptor = (int)ready[index].ident;
    events[index].ready = ready[index].filter == EVFILT_WRITE ? POLLER_WRITE : POLLER_READ;
    if (ready[index].flags & (EV_EOF | EV_ERROR))
      events[index].ready = POLLER_READ | POLLER_WRITE;
    if (ready[index].udata != NULL)
      events[index].ready |= POLLER_OTHER;
  }
  return count;
}

#else

int studio_poller_open(void)
{
  return -1;
}

int studio_poller_watch(int poller, int descriptor, int interest, int watched)
{
  (void)poller;
  (void)descriptor;
  (void)interest;
  (void)watched;
  return 0;
}

void studio_poller_ring(int poller, int *bell)
{
  (void)poller;
  (void)bell;
}

void studio_poller_close(int poller, int bell)
{
  (void)poller;
  (void)bell;
}

void studio_poller_close_inherited(int poller, int bell)
{
  (void)poller;
  (void)bell;
}

int studio_poller_wait(int poller, int bell, PollerEvent *events, int most, double seconds)
{
  (void)poller;
  (void)bell;
  (void)events;
  (void)most;
  (void)seconds;
  return 0;
}

#endif
