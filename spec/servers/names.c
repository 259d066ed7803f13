/* A name server for the fault matrix, put before the C library's: names that end in .faults.test are looked up in a directory. A file
   of the name says what becomes of its lookup: "refuse" (there is no such name) or "silence" (no answer while the file is there).
   Without a file the name is that of 127.0.0.1. Each lookup leaves a line in the file `lookups`. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef int Lookup(const char *, const char *, const struct addrinfo *, struct addrinfo **);

static int mode_of(const char *path)
{
  FILE *file = fopen(path, "r");
  int mode;
  if (file == NULL)
    return EOF;
  mode = fgetc(file);
  fclose(file);
  return mode;
}

static void note(const char *directory, const char *name)
{
  char path[512];
  FILE *file;
  snprintf(path, sizeof path, "%s/lookups", directory);
  file = fopen(path, "a");
  if (file == NULL)
    return;
  fprintf(file, "%s\n", name);
  fclose(file);
}

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **found)
{
  static const char ours[] = ".faults.test";
  const char *directory = getenv("FAULTS_NAMES");
  Lookup *real = (Lookup *)dlsym(RTLD_NEXT, "getaddrinfo");
  size_t length = name != NULL ? strlen(name) : 0;
  char path[512];
  if (directory == NULL || length < sizeof ours || strcmp(name + length - (sizeof ours - 1), ours) != 0)
    return real(name, service, hints, found);
  note(directory, name);
  snprintf(path, sizeof path, "%s/%s", directory, name);
  while (mode_of(path) == 's')
    usleep(5000);
  if (mode_of(path) == 'r')
    return EAI_NONAME;
  return real("127.0.0.1", service, hints, found);
}
