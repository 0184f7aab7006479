/* SPDX-License-Identifier: MIT
 * completion.h: a deferred for something that other threads bring to its end:
 * they send one mail, and it fires on its reactor.  If the reactor closes
 * before, the deferred fails at once, and the mail changes nothing.
 *
 * A completion is part of a larger struct, which two sides hold: the reactor,
 * until the deferred has fired, and the sender, until the mail has arrived or
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

  /* Frees it, which no side holds any more.  Any thread. */
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

/* Makes the deferred, for the caller; both sides hold the completion then. When
 * out of memory, or with `completion` NULL because of that, the deferred has
 * failed and `*made` is false: the completion is still the caller's alone. */
lariat_deferred *lr_completion_open(lr_completion *completion,
                                    const lr_completion_kind *kind,
                                    lariat_reactor *reactor, bool *made);

/* Sends the mail: what is waited for has ended.  Any thread, once. */
void lr_completion_send(lr_completion *completion);

#endif
