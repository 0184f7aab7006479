/* SPDX-License-Identifier: MIT
 * completion.c: one mail to a reactor, and the deferred that waits for it. */
#include "pool/completion.h"

#include "base/list.h"
#include "deferred/deferred.h"

static void release_completion(lr_completion *completion) {
  if (!lr_count_release(&completion->count)) return;
  lariat_mailbox_release(completion->mailbox);
  completion->kind->drop(completion);
}

/* Fires the deferred and gives the reactor's hold back. */
static void fire_completion(lr_completion *completion, lariat_value result) {
  lariat_deferred *deferred = completion->deferred;
  completion->deferred = NULL;
  lr_reactor_remove_shutdown_hook(completion->reactor, &completion->shutdown);
  (void)lariat_deferred_callback(deferred, result);
  lariat_deferred_release(deferred);
  release_completion(completion);
}

static void receive_mail(lr_mail *mail) {
  lr_completion *completion = lr_container(mail, lr_completion, mail);
  if (completion->kind->arrived) completion->kind->arrived(completion);
  if (completion->deferred) fire_completion(completion, lariat_none());
  release_completion(completion);
}

static void fail_on_close(lr_shutdown_hook *shutdown) {
  lr_completion *completion = lr_container(shutdown, lr_completion, shutdown);
  fire_completion(completion, lariat_failure_new(LARIAT_ECANCELLED, "%s",
                                                 completion->kind->cut_short));
}

/* Returns false: other threads do not wait for this reactor. */
static bool delays_shutdown(lr_shutdown_hook *shutdown) {
  (void)shutdown;
  return false;
}

static const lr_mail_ops mail_ops = {receive_mail, receive_mail};

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
                                .mail = {.ops = &mail_ops},
                                .shutdown = {.begin = fail_on_close,
                                             .busy = delays_shutdown,
                                             .end = fail_on_close},
                                .reactor = reactor,
                                .mailbox = lariat_reactor_mailbox(reactor),
                                .deferred = lariat_deferred_retain(deferred)};
  lr_u32_init(&completion->count, 2);
  lr_reactor_add_shutdown_hook(reactor, &completion->shutdown);
  return deferred;
}

void lr_completion_send(lr_completion *completion) {
  if (!lr_mailbox_push(completion->mailbox, &completion->mail))
    release_completion(completion);
}
