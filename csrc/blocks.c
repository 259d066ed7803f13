#include "blocks.h"

#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "wipe.h"

#if defined(__GLIBC__)
#include <malloc.h>

/* A request's text with its credentials is in small blocks, which are overwritten as a whole. libcurl 8 has buffers of 64 KiB, and the
   system's blocks are somewhat longer than what was asked for. */
#define WIPED_MOST ((size_t)64 * 1024 + 256)
/* Longer blocks hold pages of records, or an answer with a token, which is short. */
#define WIPED_LEAST ((size_t)4 * 1024)

/* libcurl takes forty small blocks for a request and gives them all back behind its answer. Among those of the interpreter malloc joins and
   splits them each time anew, which is a twentieth of what a request costs. So they are kept for the next one: in lists by length,
   overwritten with zeros, each still a block of malloc's that free takes. List i has those of at least STEP * (i + 1) - HEAD bytes. */
#define STEP ((size_t)64)
#define HEAD sizeof(size_t) /* what malloc has of its own in front of a block: so the steps are those of its lengths */
#define LISTS ((size_t)66)
#if defined(__SANITIZE_ADDRESS__)
#define KEPT_MOST ((size_t)1) /* none: so it tells of a block that is used once it is given back */
#else
#define KEPT_MOST ((size_t)1024 * 1024)
#endif

typedef struct Block {
  struct Block *next;
} Block;

static struct {
  Block *first[LISTS];
  size_t length; /* of all of them */
  int users;     /* engines that are open */
  char busy;     /* libcurl looks up names in threads of its own: a thread that comes while another is in here does without */
} kept;

/* A block of zeros, of the list where all are long enough; NULL where there is none. */
static void *take(size_t list)
{
  Block *block = NULL;
  if (list < LISTS && !__atomic_test_and_set(&kept.busy, __ATOMIC_ACQUIRE)) {
    block = kept.first[list];
    if (block != NULL) {
      kept.first[list] = block->next;
      kept.length -= STEP * (list + 1);
      block->next = NULL;
    }
    __atomic_clear(&kept.busy, __ATOMIC_RELEASE);
  }
  return block;
}

/* Keeps a block of zeros; 0 where it is not kept. */
static int keep(void *memory, size_t length)
{
  size_t steps = (length + HEAD) / STEP;
  Block *block = memory;
  int fits = steps > 0 && steps <= LISTS && !__atomic_test_and_set(&kept.busy, __ATOMIC_ACQUIRE);
  if (fits) {
    fits = __atomic_load_n(&kept.users, __ATOMIC_RELAXED) > 0 && kept.length + STEP * steps <= KEPT_MOST;
    if (fits) {
      block->next = kept.first[steps - 1];
      kept.first[steps - 1] = block;
      kept.length += STEP * steps;
    }
    __atomic_clear(&kept.busy, __ATOMIC_RELEASE);
  }
  return fits;
}

/* The list whose blocks are all long enough, most tightly; LISTS or more where there is none. */
static size_t list_for(size_t size)
{
  return (size + HEAD - 1) / STEP;
}

/* How long a block has to be for its list. */
static size_t round_up(size_t size)
{
  size_t list = list_for(size);
  return list < LISTS ? STEP * (list + 1) - HEAD : size;
}

/* malloc, for libcurl. */
static void *allocate(size_t size)
{
  void *memory = take(list_for(size));
  return memory != NULL ? memory : malloc(round_up(size));
}

/* calloc. */
static void *allocate_zeroed(size_t count, size_t size)
{
  void *memory;
  if (count > STEP * LISTS || size > STEP * LISTS)
    return calloc(count, size);
  memory = take(list_for(count * size));
  return memory != NULL ? memory : calloc(1, round_up(count * size));
}

/* free: what was in the block is overwritten, of a long one its beginning. */
static void give_back(void *memory)
{
  size_t length = memory != NULL ? malloc_usable_size(memory) : 0;
  int is_small = length <= WIPED_MOST;
  studio_wipe(memory, is_small ? length : WIPED_LEAST);
  if (!is_small || !keep(memory, length))
    free(memory);
}

/* What grows is most often the text of a request, which libcurl begins with a few bytes and doubles. */
#define LEAST_MOVED ((size_t)512)

/* realloc would leave the old block as it is when it moves. */
static void *reallocate(void *memory, size_t size)
{
  size_t length = memory != NULL ? malloc_usable_size(memory) : 0;
  void *moved;
  if (memory != NULL && (size == 0 || length > WIPED_MOST))
    return realloc(memory, size);
  if (memory != NULL && size <= length)
    return memory;
  moved = allocate(memory != NULL && size < LEAST_MOVED ? LEAST_MOVED : size);
  if (moved != NULL && memory != NULL) {
    memcpy(moved, memory, length);
    give_back(memory);
  }
  return moved;
}

/* Not strdup itself: C99 has none. */
static char *duplicate(const char *text)
{
  size_t size = strlen(text) + 1;
  char *copy = allocate(size);
  return copy != NULL ? memcpy(copy, text, size) : NULL;
}

int studio_blocks_open(void)
{
  return curl_global_init_mem(CURL_GLOBAL_DEFAULT, allocate, give_back, reallocate, duplicate, allocate_zeroed) == CURLE_OK;
}

void studio_blocks_begin(void)
{
  __atomic_add_fetch(&kept.users, 1, __ATOMIC_RELAXED);
}

void studio_blocks_end(void)
{
  size_t list;
  if (__atomic_sub_fetch(&kept.users, 1, __ATOMIC_RELAXED) > 0)
    return;
  for (list = 0; list < LISTS; list++) {
    void *block;
    while ((block = take(list)) != NULL)
      free(block);
  }
}

#else

int studio_blocks_open(void)
{
  return curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
}

void studio_blocks_begin(void)
{
}

void studio_blocks_end(void)
{
}

#endif
