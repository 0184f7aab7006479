/* SPDX-License-Identifier: MIT
 * lease.c: the two ends of a leased connection. */
#include "job/lease.h"

#include <sched.h>
#include <string.h>

#include "base/memory.h"

/* ---- Protocols to offer ---- */

/* Writes one name behind its length.  0: it is empty or too long. */
static size_t write_name(unsigned char *out, const char *name, size_t length) {
  if (length == 0 || length > LR_ALPN_NAME_MOST) return 0;
  out[0] = (unsigned char)length;
  memcpy(out + 1, name, length);
  return length + 1;
}

/* Writes the list, which takes one byte more than its text.  False: a name is
 * none. */
static bool write_names(lr_lease *lease, const char *names) {
  for (;;) {
    size_t length = strcspn(names, ",");
    size_t written =
        write_name(lease->alpn_offered + lease->alpn_length, names, length);
    if (!written) return false;
    lease->alpn_length += (unsigned)written;
    if (!names[length]) return true;
    names += length + 1;
  }
}

lariat_status lr_lease_new(const char *alpn, lr_lease **out) {
  size_t length = alpn ? strnlen(alpn, LR_ALPN_MOST) : 0;
  if (length == LR_ALPN_MOST) return LARIAT_EINVAL;
  lr_lease *lease = lr_alloc_zero(sizeof *lease + length + 1);
  if (!lease) return LARIAT_ENOMEM;
  lr_u32_init(&lease->count, 1);
  lr_u32_init(&lease->state, 0);
  lr_list_init(&lease->node);
  if (alpn && !write_names(lease, alpn)) {
    lr_free(lease);
    return LARIAT_EINVAL;
  }
  *out = lease;
  return LARIAT_OK;
}

/* ---- Both ends ---- */

void lr_lease_release(lr_lease *lease) {
  if (!lr_count_release(&lease->count)) return;
  if (lease->mailbox) lariat_mailbox_release(lease->mailbox);
  lr_free(lease);
}

void lr_lease_give(lr_lease *lease, lariat_mailbox *mailbox,
                   const lr_mail_ops *returned) {
  lease->mailbox = mailbox;
  lease->returned.ops = returned;
  lease->given = true;
  lr_count_retain(&lease->count);
}

/* ---- The client's ---- */

int lr_lease_end_sending(lr_lease *lease) {
  if (!lr_lease_enter(lease)) return -1;
  int result = lr_stream_end_sending(&lease->stream);
  lr_lease_leave(lease);
  return result;
}

/* Leaves the descriptor of an ended stream: the second one closes it. */
static void leave_descriptor(lr_lease *lease, uint32_t own, uint32_t other) {
  if (lr_u32_or_acq_rel(&lease->state, own) & other) close(lease->stream.fd);
}

/* Closes the stream; of one that the pool has ended the descriptor is left. */
static void close_stream(lr_lease *lease) {
  if (!lr_lease_enter(lease)) {
    leave_descriptor(lease, LR_LEASE_LEFT_BY_CLIENT, LR_LEASE_LEFT_BY_POOL);
    return;
  }
  lr_stream_close(&lease->stream);
  lease->closed = true;
  lr_lease_leave(lease);
}

/* The client's reference travels with the mail. */
void lr_lease_close(lr_lease *lease) {
  if (!lease) return;
  bool given = lease->given;
  if (given) close_stream(lease);
  if (!given || !lr_mailbox_push(lease->mailbox, &lease->returned))
    lr_lease_release(lease);
}

/* ---- The pool's ---- */

bool lr_lease_end(lr_lease *lease) {
  (void)lr_u32_or_acq_rel(&lease->state, LR_LEASE_ENDED);
  while (lr_u32_load_acquire(&lease->state) & LR_LEASE_USED) sched_yield();
  return !lease->closed;
}

void lr_lease_leave_descriptor(lr_lease *lease) {
  leave_descriptor(lease, LR_LEASE_LEFT_BY_POOL, LR_LEASE_LEFT_BY_CLIENT);
}
