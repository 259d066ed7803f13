/* One descriptor that is readable when any of a multi handle's sockets is ready: epoll on Linux, kqueue on macOS and the BSDs. */
#ifndef STUDIO_POLLER_H
#define STUDIO_POLLER_H

#pragma GCC visibility push(hidden)

/* POLLER_OTHER marks a descriptor that is not one of libcurl's sockets. */
enum { POLLER_READ = 1, POLLER_WRITE = 2, POLLER_OTHER = 4 };

typedef struct PollerEvent {
  int descriptor;
  int ready; /* POLLER_READ, POLLER_WRITE, both when the socket has failed; POLLER_OTHER as it was watched */
} PollerEvent;

/* -1 where the system has no such descriptor. */
int studio_poller_open(void);
/* Watches for `interest`; 0 stops watching. `watched` is what it was watched for before, 0 if that is not known. Safe for a descriptor that
   is closed already. 0 when it cannot be watched. */
int studio_poller_watch(int poller, int descriptor, int interest, int watched);
/* Makes the poller readable until the next wait has told of it, as an event with POLLER_OTHER. `*bell` is what it needs for that, -1 at
   first. */
void studio_poller_ring(int poller, int *bell);
void studio_poller_close(int poller, int bell);
/* The same in the child of a fork. A kqueue is not inherited: its number may be that of something else there. */
void studio_poller_close_inherited(int poller, int bell);
/* Waits at most `seconds`; gives how many events it wrote, or -1 when a signal came first. */
int studio_poller_wait(int poller, int bell, PollerEvent *events, int most, double seconds);

#pragma GCC visibility pop

#endif
