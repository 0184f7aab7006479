/* SPDX-License-Identifier: MIT
 * mailbox.h: many threads push, the owner drains.  Intrusive; a push never
 * allocates and is lock-free; the owner takes everything at once; FIFO per
 * producer.
 *
 * One atomic word, the head, is the whole protocol:
 *   NULL      empty, the owner is awake
 *   SLEEPING  empty, the owner sleeps (or is about to): the producer that
 *             replaces this mark writes the eventfd, and only that one
 *   CLOSED    for ever: a push fails and the mail stays the pusher's
 *   other     the chain that was pushed last: its newest mail, which knows the
 *             oldest, and points to the chain before it
 * Queue and sleep flag cannot disagree, since they are the same word.
 * docs/internals/mailbox.md has the argument, tests/stress the proof by
 * force. */
#ifndef LR_REACTOR_MAILBOX_H
#define LR_REACTOR_MAILBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/atomics.h"
#include <lariat/reactor.h>

typedef struct lr_mail lr_mail;

/* The ends that a mail can come to.  Both run on the owner's thread, and the
 * mail may be freed or pushed elsewhere inside them. */
typedef struct lr_mail_ops {
  void (*deliver)(lr_mail *mail); /* taken out by a turn */
  void (*discard)(lr_mail *mail); /* the mailbox closed before that */
} lr_mail_ops;

/* A mail, to embed; in one mailbox at most, at any time. */
struct lr_mail {
  lr_mail *next;
  lr_mail *end; /* the chain's other one: the newest mail of a chain that was
                   pushed knows its oldest; the oldest of one that was drained
                   its newest */
  const lr_mail_ops *ops;
};

struct lariat_mailbox {
  lr_atomic_u32 count;
  uint32_t generation; /* of the process: a forked child must not push */
  int eventfd; /* open as long as the mailbox lives, so that a late wake-up
                  cannot hit another descriptor of the same number */
  _Alignas(LR_CACHE_LINE) lr_atomic_ptr head;
};

/* Makes a mailbox with one reference, awake and empty.  Any thread.
 * LARIAT_OK, LARIAT_ENOMEM, LARIAT_ESYSTEM */
lariat_status lr_mailbox_new(lariat_mailbox **out);

/* Adds a reference, and returns the mailbox.  Any thread. */
lariat_mailbox *lr_mailbox_retain(lariat_mailbox *mailbox);

/* Pushes one mail, or a chain: `oldest` … `newest`, linked by `next` from the
 * oldest on.  True: the mailbox has them, and the owner has been woken if it
 * slept.  False: closed; the mails stay the caller's, linked as they were and
 * ended by NULL.
 *
 * The mailbox must live until the mails are in it, and no longer for the
 * caller's sake: the reference that keeps it alive may travel with the mails,
 * or be the owner's, whom one of them tells to end.  Any thread. */
bool lr_mailbox_push(lariat_mailbox *mailbox, lr_mail *mail);
bool lr_mailbox_push_chain(lariat_mailbox *mailbox, lr_mail *oldest,
                           lr_mail *newest);

/* The two steps of a push, apart for tests of what comes between them. */
typedef enum lr_push {
  LR_PUSH_REFUSED,   /* closed */
  LR_PUSH_DONE,      /* in; the owner is awake; the mailbox may be gone */
  LR_PUSH_NEEDS_WAKE /* in; lr_mailbox_end_push must follow, for which the
                        push holds a reference */
} lr_push;
lr_push lr_mailbox_begin_push(lariat_mailbox *mailbox, lr_mail *oldest,
                              lr_mail *newest);
void lr_mailbox_end_push(lariat_mailbox *mailbox);

/* Tells whether there is mail.  Owner only. */
bool lr_mailbox_has_mail(const lariat_mailbox *mailbox);

/* Takes all mail as one chain, oldest first, linked by `next`, with the
 * newest in the oldest's `end`; NULL when empty.  The owner is awake
 * afterwards.  Owner only. */
lr_mail *lr_mailbox_drain(lariat_mailbox *mailbox);

/* Announces that the owner is about to sleep.  True: it may; the next push
 * will write the eventfd.  False: there is mail, or it is closed.  Owner
 * only. */
bool lr_mailbox_sleep(lariat_mailbox *mailbox);

/* Writes the eventfd: makes the owner's epoll return, also if what was written
 * before has not been read.  Any thread with a reference. */
void lr_mailbox_wake(lariat_mailbox *mailbox);

/* Reads the eventfd down to zero: for an owner that waits until it is readable,
 * rather than for its being written, as a reactor does.  Any thread with a
 * reference. */
void lr_mailbox_clear_wake(lariat_mailbox *mailbox);

/* Closes the mailbox: later pushes fail.  Returns the mail that was still in
 * it, oldest first.  Owner only, once. */
lr_mail *lr_mailbox_close(lariat_mailbox *mailbox);

#endif
