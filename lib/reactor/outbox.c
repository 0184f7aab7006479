/* SPDX-License-Identifier: MIT
 * outbox.c: mail for one mailbox, collected over a turn. */
#include "reactor/outbox.h"

#include "reactor/reactor_private.h"

enum { FULL = 256 };

void lr_outbox_init(lr_outbox *outbox, lariat_reactor *from, lariat_mailbox *to,
                    lr_outbox_refused refused) {
  outbox->from = from;
  outbox->to = lr_mailbox_retain(to);
  outbox->refused = refused;
  outbox->newest = NULL;
  outbox->oldest = NULL;
  outbox->length = 0;
  outbox->full = FULL;
  lr_list_init(&outbox->dirty);
}

void lr_outbox_clear(lr_outbox *outbox) {
  lr_list_remove(&outbox->dirty);
  lariat_mailbox_release(outbox->to);
  outbox->to = NULL;
}

void lr_outbox_put_slow(lr_outbox *outbox, lr_mail *mail) {
  lariat_reactor *from = outbox->from;
  if (outbox->to == from->mailbox) {
    lr_reactor_post_local(from, mail);
    return;
  }
  mail->next = NULL;
  if (outbox->newest)
    outbox->newest->next = mail;
  else
    outbox->oldest = mail;
  outbox->newest = mail;
  outbox->length++;
  if (!from->front.in_turn || outbox->length >= outbox->full) {
    lr_outbox_flush(outbox);
    return;
  }
  if (lr_list_empty(&outbox->dirty))
    lr_list_append(&from->outboxes, &outbox->dirty);
}

/* Empties the outbox before it hands the mails over, since the receiver may
 * free it as soon as it has them; when they are refused, nobody has received
 * any. */
void lr_outbox_flush(lr_outbox *outbox) {
  lr_list_remove(&outbox->dirty);
  lr_mail *newest = outbox->newest;
  lr_mail *oldest = outbox->oldest;
  if (!newest) return;
  outbox->newest = NULL;
  outbox->oldest = NULL;
  outbox->length = 0;
  if (!lr_mailbox_push_chain(outbox->to, oldest, newest))
    outbox->refused(outbox, oldest);
}
