/* SPDX-License-Identifier: MIT
 * mailbox.c: the lock-free inbox of a reactor. */
#include "reactor/mailbox.h"

#include <errno.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/process.h"

/* The marks are addresses that no mail can have.  They differ in content so
 * that no linker folds them into one. */
static const char sleeping_mark = 's';
static const char closed_mark = 'c';
#define SLEEPING ((void *)(uintptr_t)&sleeping_mark)
#define CLOSED ((void *)(uintptr_t)&closed_mark)

lariat_status lr_mailbox_new(lariat_mailbox **out) {
  lariat_mailbox *mailbox = lr_alloc_lines(sizeof *mailbox);
  if (!mailbox) return LARIAT_ENOMEM;
  mailbox->eventfd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (mailbox->eventfd < 0) {
    int saved = errno;
    lr_free_lines(mailbox);
    errno = saved;
    return LARIAT_ESYSTEM;
  }
  mailbox->generation = lr_process_generation();
  lr_u32_init(&mailbox->count, 1);
  lr_ptr_init(&mailbox->head, NULL);
  *out = mailbox;
  return LARIAT_OK;
}

lariat_mailbox *lr_mailbox_retain(lariat_mailbox *mailbox) {
  lr_count_retain(&mailbox->count);
  return mailbox;
}

void lariat_mailbox_release(lariat_mailbox *mailbox) {
  if (!mailbox || !lr_count_release(&mailbox->count)) return;
  close(mailbox->eventfd);
  lr_free_lines(mailbox);
}

bool lr_mailbox_push(lariat_mailbox *mailbox, lr_mail *mail) {
  return lr_mailbox_push_chain(mailbox, mail, mail);
}

/* Takes a reference of its own before the exchange if it finds the owner
 * asleep, and keeps it until after the wake-up.  For once the exchange has
 * succeeded the mails are the owner's: one of them may have carried the
 * pusher's only reference, or have told the owner to end, who may then close
 * and free the mailbox before the wake-up.  A push that needs no wake-up does
 * not touch the mailbox after the exchange and takes none. */
lr_push lr_mailbox_begin_push(lariat_mailbox *mailbox, lr_mail *oldest,
                              lr_mail *newest) {
  void *found = lr_ptr_load_relaxed(&mailbox->head);
  bool held = false;
  newest->end = oldest;
  for (;;) {
    newest->next = found == CLOSED || found == SLEEPING ? NULL : found;
    if (found == CLOSED) break;
    if (found == SLEEPING && !held) lr_mailbox_retain(mailbox);
    held |= found == SLEEPING;
    if (lr_ptr_cas_weak_release(&mailbox->head, &found, newest)) break;
  }
  if (found == SLEEPING) return LR_PUSH_NEEDS_WAKE;
  if (held) lariat_mailbox_release(mailbox);
  return found == CLOSED ? LR_PUSH_REFUSED : LR_PUSH_DONE;
}

void lr_mailbox_end_push(lariat_mailbox *mailbox) {
  lr_mailbox_wake(mailbox);
  lariat_mailbox_release(mailbox);
}

bool lr_mailbox_push_chain(lariat_mailbox *mailbox, lr_mail *oldest,
                           lr_mail *newest) {
  lr_push push = lr_mailbox_begin_push(mailbox, oldest, newest);
  if (push == LR_PUSH_NEEDS_WAKE) lr_mailbox_end_push(mailbox);
  return push != LR_PUSH_REFUSED;
}

/* Returns the chains, of which the one pushed last is on top, as one with the
 * oldest mail first.  Of each chain only the newest mail is touched, which has
 * all that is needed: the others may still be in the cache of the core that
 * wrote them, and to wait for one line of each chain after the other is what
 * this costs. */
static lr_mail *reverse_chains(lr_mail *chain) {
  lr_mail *const newest = chain;
  lr_mail *oldest = NULL;
  while (chain) {
    lr_mail *before = chain->next;
    chain->next = oldest;
    oldest = chain->end;
    chain = before;
  }
  if (oldest) oldest->end = newest;
  return oldest;
}

/* Loads before it exchanges, which leaves an empty mailbox's cache line shared.
 * Only the owner sets a mark or takes mail out, so what it finds as a mark or
 * as empty is its own last word and needs no order. */
lr_mail *lr_mailbox_drain(lariat_mailbox *mailbox) {
  void *found = lr_ptr_load_relaxed(&mailbox->head);
  if (!found || found == CLOSED) return NULL;
  found = lr_ptr_exchange_acquire(&mailbox->head, NULL);
  return found == SLEEPING ? NULL : reverse_chains(found);
}

bool lr_mailbox_has_mail(const lariat_mailbox *mailbox) {
  const void *found = lr_ptr_load_relaxed(&mailbox->head);
  return found && found != SLEEPING && found != CLOSED;
}

bool lr_mailbox_sleep(lariat_mailbox *mailbox) {
  void *expected = NULL;
  if (lr_ptr_cas_release(&mailbox->head, &expected, SLEEPING)) return true;
  return expected == SLEEPING;
}

void lr_mailbox_clear_wake(lariat_mailbox *mailbox) {
  uint64_t count;
  ssize_t got;
  do {
    got = read(mailbox->eventfd, &count, sizeof count);
  } while (got < 0 && errno == EINTR);
}

/* Reads the counter only when it is full (EAGAIN), which takes more writes than
 * a machine lives to make: a write would be none then.  Else the owner need not
 * read it, since each write is an event of its own. */
void lr_mailbox_wake(lariat_mailbox *mailbox) {
  const uint64_t one = 1;
  while (write(mailbox->eventfd, &one, sizeof one) < 0) {
    if (errno == EAGAIN)
      lr_mailbox_clear_wake(mailbox);
    else if (errno != EINTR)
      return;
  }
}

lr_mail *lr_mailbox_close(lariat_mailbox *mailbox) {
  void *found = lr_ptr_exchange_acquire(&mailbox->head, CLOSED);
  if (found == SLEEPING || found == CLOSED) return NULL;
  return reverse_chains(found);
}
