/* SPDX-License-Identifier: MIT
 * outbox.h: mail that one reactor has for one mailbox, collected over a turn
 * and handed over in one atomic operation with at most one wake-up. */
#ifndef LR_REACTOR_OUTBOX_H
#define LR_REACTOR_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>

#include "base/list.h"
#include "reactor/mailbox.h"
#include <lariat/reactor.h>

typedef struct lr_outbox lr_outbox;

/* Takes the mails that did not get through since the mailbox was closed,
 * `oldest` first, linked by `next`.  Runs on the sending reactor's thread,
 * inside a flush. */
typedef void (*lr_outbox_refused)(lr_outbox *outbox, lr_mail *oldest);

struct lr_outbox {
  lariat_reactor *from;
  lariat_mailbox *to; /* a reference */
  lr_outbox_refused refused;
  lr_mail *newest;
  lr_mail *oldest;
  unsigned length;
  unsigned full; /* flushed at this length */
  lr_list dirty; /* in the reactor's list of outboxes to flush */
};

/* Makes an empty outbox with a reference to `to`.  When `to` is the mailbox of
 * `from` itself, mails go to the reactor's own list, without an atomic
 * operation. */
void lr_outbox_init(lr_outbox *outbox, lariat_reactor *from, lariat_mailbox *to,
                    lr_outbox_refused refused);

/* Gives the reference back.  The outbox is empty.  The owner's thread. */
void lr_outbox_clear(lr_outbox *outbox);

/* Puts one mail in, which is sent at the end of the turn, when the outbox is
 * full, or at once when the reactor is not in a turn.  The slow half is for the
 * first mail of a turn and for the one that fills the outbox.  The owner's
 * thread. */
void lr_outbox_put_slow(lr_outbox *outbox, lr_mail *mail);
static inline void lr_outbox_put(lr_outbox *outbox, lr_mail *mail) {
  if (!outbox->newest || outbox->length + 1 >= outbox->full) {
    lr_outbox_put_slow(outbox, mail);
    return;
  }
  mail->next = NULL;
  outbox->newest->next = mail;
  outbox->newest = mail;
  outbox->length++;
}

/* Sends what is there.  The struct is not touched after the mails were handed
 * over: the receiver may free it.  The owner's thread. */
void lr_outbox_flush(lr_outbox *outbox);

#endif
