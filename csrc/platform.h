/* What C99 does not know: the monotonic clock, the process id, broken pipes, close-on-exec, copies of texts. */
#ifndef STUDIO_PLATFORM_H
#define STUDIO_PLATFORM_H

#include <stddef.h>
#include <stdint.h>

#pragma GCC visibility push(hidden)

/* Seconds on a clock that no change of the wall clock moves. */
double studio_now(void);

/* Whole milliseconds, rounded up so that a wait never ends early, and within what poll and libcurl take. */
int studio_milliseconds(double seconds);

/* 0 where there is no fork. */
long studio_process_id(void);

/* Keeps this module in memory until the process ends: a thread of libcurl's may still be waiting for a name server when the last Lua state
   has closed, and must find its code there. */
void studio_stay_loaded(void);

/* A copy of a text that may be NULL, for free(); NULL where there is no memory, too. */
char *studio_copy_text(const char *text);

/* Writes the system and the processor, such as "linux x86_64", in lower case. */
void studio_system(char *text, size_t size);

/* Closes a socket that a forked child inherited, without a word to its peer. */
void studio_close_descriptor(int descriptor);

/* Whether a socket could not be had, just now, for want of descriptors. */
int studio_is_out_of_descriptors(void);

/* Programs that the host starts must not inherit the sockets. */
void studio_close_on_exec(int descriptor);

/* Keeps SIGPIPE from this thread while libcurl writes, and swallows one that came. */
typedef struct PipeGuard {
  int active;
} PipeGuard;

void studio_pipe_guard_enter(PipeGuard *guard, int needed);
void studio_pipe_guard_leave(PipeGuard *guard);

enum { MOST_FILE_PARTS = 64 };

typedef struct FilePart {
  const char *text;
  size_t length;
} FilePart;

/* Files. Each gives NULL, or what the system says went wrong. */
const char *studio_hold_file(const char *path, int *descriptor); /* opens it for writing and locks it, see lua_file.c */
const char *studio_file_size(int descriptor, double *size);
const char *studio_truncate_file(int descriptor, double size);
const char *studio_append_to_file(int descriptor, const FilePart *parts, int count); /* at most MOST_FILE_PARTS */
void studio_close_file(int descriptor);

/* Zeroed memory to begin with; one for each Lua state, for these may run in threads of their own. */
typedef struct RandomState {
  uint64_t bits;
  long process;
} RandomState;

/* A number in [0, 1), seeded per process; good for jitter, not for secrets. */
double studio_random(RandomState *random);

#pragma GCC visibility pop

#endif
