/* SPDX-License-Identifier: MIT
 * descriptor_use.c: numbers that the reactors share, and a look at what the
 * process has left. */
#include "limits/descriptor_use.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { LOOKS_MAX = 8 };

void lr_descriptor_use_init(lr_descriptor_use *use, void (*wake)(void *context),
                            void *context) {
  lr_u32_init(&use->connections, 0);
  lr_u32_init(&use->asked, 0);
  use->wake = wake;
  use->context = context;
}

void lr_descriptor_use_count(lr_descriptor_use *use, unsigned by) {
  (void)lr_u32_add_relaxed(&use->connections, by);
}

uint32_t lr_descriptor_use_ask(lr_descriptor_use *use) {
  uint32_t asked = lr_u32_add_relaxed(&use->asked, 1) + 1;
  use->wake(use->context);
  return asked;
}

bool lr_descriptor_use_has_left(unsigned count) {
  int fds[LOOKS_MAX];
  unsigned made = 0;
  int error = 0;
  if (count > LOOKS_MAX) count = LOOKS_MAX;
  while (made < count && error == 0) {
    fds[made] = eventfd(0, EFD_CLOEXEC);
    if (fds[made] >= 0)
      made++;
    else
      error = errno;
  }
  while (made) close(fds[--made]);
  return error != EMFILE && error != ENFILE;
}
