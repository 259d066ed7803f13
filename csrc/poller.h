/* One descriptor that is readable when any of a multi handle's sockets is ready: epoll on Linux, kqueue on macOS and the BSDs. */
#ifndef STUDIO_POLLER_H
#define STUDIO_POLLER_H

#pragma GCC visibility push(hidden)

enum { POLLER_READ = 1, POLLER_WRITE = 2 };

typedef struct PollerEvent {
  int descriptor;
  int ready; /* POLLER_READ, POLLER_WRITE; both when the socket has failed */
} PollerEvent;

/* -1 where the system has no such descriptor. */
int studio_poller_open(void);
/* Watches for `interest`; 0 stops watching. Safe for a descriptor that is closed already. */
void studio_poller_watch(int poller, int descriptor, int interest);
/* Waits at most `seconds`; gives how many events it wrote, or -1 when a signal came first. */
int studio_poller_wait(int poller, PollerEvent *events, int most, double seconds);

#pragma GCC visibility pop

#endif
