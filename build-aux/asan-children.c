/* Preloaded beside AddressSanitizer by `make asan`: leaks are looked for in the interpreter that runs
   the tests, not in the programs it starts (shells, mktemp, nginx), which leave some to the kernel. */
#define _POSIX_C_SOURCE 200112L
#include <stdlib.h>

__attribute__((constructor)) static void spare_children(void)
{
  setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
}
