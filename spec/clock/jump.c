/* Preloaded: the wall clock is off by as many seconds as the file WALL_CLOCK_FILE says at the moment. The monotonic clock is as it is. */
#define _GNU_SOURCE

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static long offset(void)
{
  const char *name = getenv("WALL_CLOCK_FILE");
  FILE *file = name != NULL ? fopen(name, "r") : NULL;
  long seconds = 0;
  if (file == NULL)
    return 0;
  if (fscanf(file, "%ld", &seconds) != 1)
    seconds = 0;
  fclose(file);
  return seconds;
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
  long result = syscall(SYS_clock_gettime, clock, now);
  if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
    now->tv_sec += offset();
  return (int)result;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
  struct timespec exact;
  (void)zone;
  clock_gettime(CLOCK_REALTIME, &exact);
  now->tv_sec = exact.tv_sec;
  now->tv_usec = exact.tv_nsec / 1000;
  return 0;
}

time_t time(time_t *where)
{
  struct timespec exact;
  clock_gettime(CLOCK_REALTIME, &exact);
  if (where != NULL)
    *where = exact.tv_sec;
  return exact.tv_sec;
}
