/* SPDX-License-Identifier: MIT
 * notice.h: a deferred for something that other threads bring to its end: they
 * send word, once, and it fires on its reactor.  If the reactor closes before,
 * it fails there and then, and the word finds nobody.
 *
 * It is part of a larger struct, which two sides hold: the reactor, until the
 * deferred was fired, and who will send the word, until that has arrived or
 * cannot any more. */
#ifndef LR_POOL_COMPLETION_H
#define LR_POOL_COMPLETION_H

#include "base/atomics.h"
#include "reactor/mailbox.h"
#include "reactor/reactor.h"
#include <lariat/deferred.h>

typedef struct lr_completion lr_completion;

typedef struct lr_completion_kind {
  const char *cut_short; /* the failure's message when the reactor closes */

  /* On the reactor's thread, before the deferred fires, and also when it has
   * failed already, so long as the reactor is there.  May be NULL. */
  void (*arrived)(lr_completion *completion);

  /* Nobody holds it any more.  Any thread. */
  void (*drop)(lr_completion *completion);
} lr_completion_kind;

struct lr_completion {
  const lr_completion_kind *kind;
  lr_atomic_u32 count;
  lr_mail mail;
  lr_shutdown_hook shutdown;
  lariat_reactor *reactor;
  lariat_mailbox *mailbox;   /* a reference */
  lariat_deferred *deferred; /* NULL once it was fired */
};

/* Makes the deferred, for the caller; both sides hold the notice then.  When
 * out of memory, or with `notice` NULL because of that, the deferred has
 * failed, and `*made` is false: the notice is still the caller's alone. */
lariat_deferred *lr_completion_open(lr_completion *completion,
                                    const lr_completion_kind *kind,
                                    lariat_reactor *reactor, bool *made);

/* It has come to its end.  Any thread, once. */
void lr_completion_send(lr_completion *completion);

#endif
