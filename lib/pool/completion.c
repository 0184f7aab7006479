/* SPDX-License-Identifier: MIT
 * One mail to a reactor, and the deferred that waits for it. */
#include "pool/completion.h"

#include "base/list.h"
#include "deferred/deferred.h"

static void unhold(lr_notice *notice) {
  if (!lr_count_release(&notice->count)) return;
  lariat_mailbox_release(notice->mailbox);
  notice->kind->drop(notice);
}

/* With the reactor's hold. */
static void fire(lr_notice *notice, lariat_value result) {
  lariat_deferred *deferred = notice->deferred;
  notice->deferred = NULL;
  lr_reactor_remove_closer(notice->reactor, &notice->closer);
  (void)lariat_deferred_callback(deferred, result);
  lariat_deferred_release(deferred);
  unhold(notice);
}

static void arrived(lr_mail *mail) {
  lr_notice *notice = lr_container(mail, lr_notice, mail);
  if (notice->kind->arrived) notice->kind->arrived(notice);
  if (notice->deferred) fire(notice, lariat_none());
  unhold(notice);
}

static void reactor_closes(lr_closer *closer) {
  lr_notice *notice = lr_container(closer, lr_notice, closer);
  fire(notice,
       lariat_failure_new(LARIAT_ECANCELLED, "%s", notice->kind->cut_short));
}

/* It waits for other threads, which do not wait for it. */
static bool is_busy(lr_closer *closer) {
  (void)closer;
  return false;
}

static const lr_mail_ops ops = {arrived, arrived};

lariat_deferred *lr_notice_open(lr_notice *notice, const lr_notice_kind *kind,
                                lariat_reactor *reactor, bool *made) {
  lariat_deferred *deferred = lariat_deferred_new(reactor, NULL, NULL, NULL);
  *made = notice && !lariat_deferred_fired(deferred);
  if (!*made) {
    lariat_deferred_forget(deferred);
    return lariat_deferred_fail(reactor, LARIAT_ENOMEM, "out of memory");
  }
  *notice = (lr_notice){.kind = kind,
                        .mail = {.ops = &ops},
                        .closer = {.begin = reactor_closes,
                                   .busy = is_busy,
                                   .end = reactor_closes},
                        .reactor = reactor,
                        .mailbox = lariat_reactor_mailbox(reactor),
                        .deferred = lariat_deferred_retain(deferred)};
  lr_u32_init(&notice->count, 2);
  lr_reactor_add_closer(reactor, &notice->closer);
  return deferred;
}

void lr_notice_send(lr_notice *notice) {
  if (!lr_mailbox_push(notice->mailbox, &notice->mail)) unhold(notice);
}
