/* The only file with calls that are not POSIX. */
#include "poller.h"

#include "platform.h"

#include <stddef.h>

#if defined(__linux__)

#include <errno.h>
#include <sys/epoll.h>

int studio_poller_open(void)
{
  return epoll_create1(EPOLL_CLOEXEC);
}

void studio_poller_watch(int poller, int descriptor, int interest)
{
  struct epoll_event event = { 0 };
  event.data.fd = descriptor;
  if (interest & POLLER_READ)
    event.events |= EPOLLIN;
  if (interest & POLLER_WRITE)
    event.events |= EPOLLOUT;
  if (interest == 0)
    epoll_ctl(poller, EPOLL_CTL_DEL, descriptor, &event);
  else if (epoll_ctl(poller, EPOLL_CTL_MOD, descriptor, &event) != 0 && errno == ENOENT)
    epoll_ctl(poller, EPOLL_CTL_ADD, descriptor, &event);
}

int studio_poller_wait(int poller, PollerEvent *events, int most, double seconds)
{
  struct epoll_event ready[64];
  int count, index;
  if (most > 64)
    most = 64;
  count = epoll_wait(poller, ready, most, studio_milliseconds(seconds));
  for (index = 0; index < count; index++) {
    events[index].descriptor = ready[index].data.fd;
    events[index].ready = 0;
    if (ready[index].events & (EPOLLIN | EPOLLERR | EPOLLHUP))
      events[index].ready |= POLLER_READ;
    if (ready[index].events & (EPOLLOUT | EPOLLERR | EPOLLHUP))
      events[index].ready |= POLLER_WRITE;
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

static void watch_filter(int poller, int descriptor, short filter, int wanted)
{
  struct kevent change;
  EV_SET(&change, descriptor, filter, wanted ? EV_ADD : EV_DELETE, 0, 0, NULL);
  kevent(poller, &change, 1, NULL, 0, NULL);
}

void studio_poller_watch(int poller, int descriptor, int interest)
{
  watch_filter(poller, descriptor, EVFILT_READ, interest & POLLER_READ);
  watch_filter(poller, descriptor, EVFILT_WRITE, interest & POLLER_WRITE);
}

int studio_poller_wait(int poller, PollerEvent *events, int most, double seconds)
{
  struct kevent ready[64];
  struct timespec timeout;
  int count, index, milliseconds = studio_milliseconds(seconds);
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
  }
  return count;
}

#else

int studio_poller_open(void)
{
  return -1;
}

void studio_poller_watch(int poller, int descriptor, int interest)
{
  (void)poller;
  (void)descriptor;
  (void)interest;
}

int studio_poller_wait(int poller, PollerEvent *events, int most, double seconds)
{
  (void)poller;
  (void)events;
  (void)most;
  (void)seconds;
  return 0;
}

#endif
