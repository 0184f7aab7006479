/* SPDX-License-Identifier: MIT
 * One mail to a reactor, and the deferred that waits for it. */
#include "pool/completion.h"

#include "base/list.h"
#include "deferred/deferred.h"

static void unhold(lr_completion *completion) {
  if (!lr_count_release(&completion->count)) return;
  lariat_mailbox_release(completion->mailbox);
  completion->kind->drop(completion);
}

/* With the reactor's hold. */
static void fire(lr_completion *completion, lariat_value result) {
  lariat_deferred *deferred = completion->deferred;
  completion->deferred = NULL;
  lr_reactor_remove_shutdown_hook(completion->reactor, &completion->shutdown);
  (void)lariat_deferred_callback(deferred, result);
  lariat_deferred_release(deferred);
  unhold(completion);
}

static void arrived(lr_mail *mail) {
  lr_completion *completion = lr_container(mail, lr_completion, mail);
  if (completion->kind->arrived) completion->kind->arrived(completion);
  if (completion->deferred) fire(completion, lariat_none());
  unhold(completion);
}

static void reactor_closes(lr_shutdown_hook *shutdown) {
  lr_completion *completion = lr_container(shutdown, lr_completion, shutdown);
  fire(completion, lariat_failure_new(LARIAT_ECANCELLED, "%s",
                                      completion->kind->cut_short));
}

/* It waits for other threads, which do not wait for it. */
static bool is_busy(lr_shutdown_hook *shutdown) {
  (void)shutdown;
  return false;
}

static const lr_mail_ops ops = {arrived, arrived};

lariat_deferred *lr_completion_open(lr_completion *completion,
                                    const lr_completion_kind *kind,
                                    lariat_reactor *reactor, bool *made) {
  lariat_deferred *deferred = lariat_deferred_new(reactor, NULL, NULL, NULL);
  *made = completion && !lariat_deferred_fired(deferred);
  if (!*made) {
    lariat_deferred_forget(deferred);
    return lariat_deferred_fail(reactor, LARIAT_ENOMEM, "out of memory");
  }
  *completion = (lr_completion){.kind = kind,
                                .mail = {.ops = &ops},
                                .shutdown = {.begin = reactor_closes,
                                             .busy = is_busy,
                                             .end = reactor_closes},
                                .reactor = reactor,
                                .mailbox = lariat_reactor_mailbox(reactor),
                                .deferred = lariat_deferred_retain(deferred)};
  lr_u32_init(&completion->count, 2);
  lr_reactor_add_shutdown_hook(reactor, &completion->shutdown);
  return deferred;
}

void lr_completion_send(lr_completion *completion) {
  if (!lr_mailbox_push(completion->mailbox, &completion->mail))
    unhold(completion);
}
