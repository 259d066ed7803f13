#define _GNU_SOURCE /* dladdr, flock, the clock, signal masks; the BSDs show them without */
#define _FILE_OFFSET_BITS 64
#define _DARWIN_C_SOURCE

#include "platform.h"

#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#if defined(_WIN32)
#include <errno.h>
#include <fcntl.h>
#include <io.h>
#include <sys/stat.h>
#include <winsock2.h>
#include <windows.h>
#else
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <unistd.h>
#endif

#if defined(_WIN32)

double studio_now(void)
{
  return (double)GetTickCount64() / 1000.0;
}

long studio_process_id(void)
{
  return 0;
}

void studio_stay_loaded(void)
{
  HMODULE module;
  GetModuleHandleExA(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_PIN, (LPCSTR)(uintptr_t)studio_stay_loaded,
                     &module);
}

const char *studio_hold_file(const char *path, int *descriptor)
{
  *descriptor = _open(path, _O_RDWR | _O_CREAT | _O_APPEND | _O_BINARY | _O_NOINHERIT, _S_IREAD | _S_IWRITE);
  return *descriptor < 0 ? strerror(errno) : NULL;
}

const char *studio_file_size(int descriptor, double *size)
{
  __int64 length = _filelengthi64(descriptor);
  *size = (double)length;
  return length < 0 ? strerror(errno) : NULL;
}

const char *studio_truncate_file(int descriptor, double size)
{
  errno_t problem = _chsize_s(descriptor, (__int64)size);
  return problem != 0 ? strerror(problem) : NULL;
}

const char *studio_append_to_file(int descriptor, const FilePart *parts, int count)
{
  for (; count > 0; parts++, count--) {
    int written = _write(descriptor, parts->text, (unsigned)parts->length);
    if (written < 0 || (size_t)written < parts->length)
      return written < 0 ? strerror(errno) : "No space left on device";
  }
  return NULL;
}

void studio_close_file(int descriptor)
{
  _close(descriptor);
}

void studio_close_descriptor(int descriptor)
{
  closesocket((SOCKET)descriptor);
}

int studio_is_out_of_descriptors(void)
{
  return WSAGetLastError() == WSAEMFILE;
}

void studio_close_on_exec(int descriptor)
{
  SetHandleInformation((HANDLE)(intptr_t)descriptor, HANDLE_FLAG_INHERIT, 0);
}

void studio_pipe_guard_enter(PipeGuard *guard, int needed)
{
  (void)needed;
  guard->active = 0;
}

void studio_pipe_guard_leave(PipeGuard *guard)
{
  (void)guard;
}

#else

/* One handle more of the file that this function is in; RTLD_NOLOAD, for some systems would load the program itself once again. */
void studio_stay_loaded(void)
{
#if defined(RTLD_NOLOAD)
  static const char here;
  Dl_info file;
  if (dladdr(&here, &file) != 0 && file.dli_fname != NULL)
    dlopen(file.dli_fname, RTLD_LAZY | RTLD_LOCAL | RTLD_NOLOAD);
#endif
}

double studio_now(void)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

#if defined(__GLIBC__)

/* glibc asks the system each time, at the hundredth part of a whole exchange. It takes our handler back when this module is unloaded;
   not everybody does. */
static long process;
static int watched;

/* Keeps the id of this process; runs in the child of each fork, too. */
static void note_process(void)
{
  process = (long)getpid();
}

/* Called once in a process, by the first thread that asks for its id. */
static void watch_forks(void)
{
  note_process();
  watched = pthread_atfork(NULL, NULL, note_process) == 0;
}

long studio_process_id(void)
{
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, watch_forks);
  return watched ? process : (long)getpid();
}

#else

long studio_process_id(void)
{
  return (long)getpid();
}

#endif

const char *studio_hold_file(const char *path, int *descriptor)
{
  struct stat status;
  *descriptor = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (*descriptor < 0)
    return strerror(errno);
  if (fstat(*descriptor, &status) != 0 || !S_ISREG(status.st_mode)) /* a device is shared */
    return NULL;
  if (flock(*descriptor, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK)
    return NULL;
  close(*descriptor);
  return "another process, or another call of this one, holds it";
}

const char *studio_file_size(int descriptor, double *size)
{
  struct stat status;
  if (fstat(descriptor, &status) != 0)
    return strerror(errno);
  *size = (double)status.st_size;
  return NULL;
}

const char *studio_truncate_file(int descriptor, double size)
{
  return ftruncate(descriptor, (off_t)size) != 0 ? strerror(errno) : NULL;
}

const char *studio_append_to_file(int descriptor, const FilePart *parts, int count)
{
  struct iovec vectors[MOST_FILE_PARTS], *first = vectors;
  int at;
  for (at = 0; at < count; at++) {
    vectors[at].iov_base = (void *)parts[at].text;
    vectors[at].iov_len = parts[at].length;
  }
  while (count > 0) {
    ssize_t written = writev(descriptor, first, count);
    if (written < 0 && errno != EINTR)
      return strerror(errno);
    for (; count > 0 && written >= (ssize_t)first->iov_len; first++, count--)
      written -= (ssize_t)first->iov_len;
    if (count > 0 && written > 0) {
      first->iov_base = (char *)first->iov_base + written;
      first->iov_len -= (size_t)written;
    }
  }
  return NULL;
}

void studio_close_file(int descriptor)
{
  close(descriptor);
}

void studio_close_descriptor(int descriptor)
{
  close(descriptor);
}

int studio_is_out_of_descriptors(void)
{
  return errno == EMFILE || errno == ENFILE;
}

void studio_close_on_exec(int descriptor)
{
  int flags = fcntl(descriptor, F_GETFD);
  if (flags != -1)
    fcntl(descriptor, F_SETFD, flags | FD_CLOEXEC);
}

/* Makes a set of signals that has SIGPIPE in it and nothing else. */
static void only_pipe(sigset_t *signals)
{
  sigemptyset(signals);
  sigaddset(signals, SIGPIPE);
}

void studio_pipe_guard_enter(PipeGuard *guard, int needed)
{
  sigset_t pipe_only, other;
  guard->active = 0;
  if (!needed)
    return;
  sigpending(&other);
  /* One that is pending already belongs to the host: it is not ours to swallow. */
  if (sigismember(&other, SIGPIPE))
    return;
  only_pipe(&pipe_only);
  guard->active = pthread_sigmask(SIG_BLOCK, &pipe_only, &other) == 0 && !sigismember(&other, SIGPIPE);
}

void studio_pipe_guard_leave(PipeGuard *guard)
{
  sigset_t pending, pipe_only;
  int caught;
  if (!guard->active)
    return;
  only_pipe(&pipe_only);
  sigpending(&pending);
  if (sigismember(&pending, SIGPIPE))
    sigwait(&pipe_only, &caught);
  pthread_sigmask(SIG_UNBLOCK, &pipe_only, NULL);
}

#endif

void studio_system(char *text, size_t size)
{
#if defined(_WIN32)
  snprintf(text, size, "windows %s", sizeof(void *) == 8 ? "x86_64" : "x86");
#else
  struct utsname names;
  if (uname(&names) < 0)
    snprintf(text, size, "unknown unknown");
  else
    snprintf(text, size, "%s %s", names.sysname, names.machine);
#endif
  for (; *text != '\0'; text++)
    if (*text >= 'A' && *text <= 'Z')
      *text = (char)(*text + ('a' - 'A'));
}

char *studio_copy_text(const char *text)
{
  size_t size = text == NULL ? 0 : strlen(text) + 1;
  char *copy = text == NULL ? NULL : malloc(size);
  if (copy != NULL)
    memcpy(copy, text, size);
  return copy;
}

int studio_milliseconds(double seconds)
{
  double exact = seconds * 1000.0;
  int whole;
  if (!(exact > 0))
    return 0;
  if (exact >= INT_MAX)
    return INT_MAX;
  whole = (int)exact;
  return whole < exact ? whole + 1 : whole;
}

double studio_random(RandomState *random)
{
  /* xorshift64*; a forked child would repeat its parent's numbers without the process id in the state. */
  uint64_t bits = random->bits;
  long self = studio_process_id();
  if (bits == 0 || random->process != self) {
    double now = studio_now();
    uint64_t clock_bits;
    memcpy(&clock_bits, &now, sizeof clock_bits);
    bits ^= clock_bits ^ ((uint64_t)time(NULL) << 32) ^ ((uint64_t)self * 0x9E3779B97F4A7C15u) ^ (uint64_t)(uintptr_t)random;
    if (bits == 0)
      bits = 0x9E3779B97F4A7C15u;
    random->process = self;
  }
  bits ^= bits >> 12;
  bits ^= bits << 25;
  bits ^= bits >> 27;
  random->bits = bits;
  return (double)((bits * 0x2545F4914F6CDD1Du) >> 11) / 9007199254740992.0;
}
