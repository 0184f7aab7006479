/* SPDX-License-Identifier: MIT
 * guard.c: memory that nobody can touch, made by guard markers or by
 * mprotect. */
#include "await/guard.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

/* MADV_GUARD_INSTALL, which is newer than the C library's headers may be, and
 * the same on every machine. */
enum { GUARD_INSTALL = 102 };

static bool install_markers(void *low) {
  return madvise(low, LR_GUARD_BYTES, GUARD_INSTALL) == 0;
}

/* Tells whether the system itself cannot write there: emulators and sandboxes
 * may ignore advice that they do not know, and say that all is well.  The
 * kernel is asked, and not the C library: from 2.41 on that of GNU answers
 * getrandom in the program, where to write there is a crash. */
static bool is_guarded(void *low) {
  return syscall(SYS_getrandom, low, 1, GRND_NONBLOCK) < 0 && errno == EFAULT;
}

bool lr_guard_has_madvise(void) {
  int saved = errno;
  void *low = mmap(NULL, LR_GUARD_BYTES, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  bool has = low != MAP_FAILED && install_markers(low) && is_guarded(low);
  if (low != MAP_FAILED) munmap(low, LR_GUARD_BYTES);
  errno = saved;
  return has;
}

/* Takes a failure of mprotect, which cuts the mapping in two, for too many
 * mappings: ENOMEM is nearly always that. */
lariat_status lr_guard_set(void *low, lariat_guard guard) {
  if (guard == LARIAT_GUARD_MADVISE)
    return install_markers(low) ? LARIAT_OK : LARIAT_ENOMEM;
  return mprotect(low, LR_GUARD_BYTES, PROT_NONE) == 0 ? LARIAT_OK
                                                       : LARIAT_EMAPS;
}
