/* SPDX-License-Identifier: MIT
 * system_look_up.h: getaddrinfo, on a thread of its own, for names that only
 * the C library can look up.  It cannot be stopped: one that nobody wants any
 * more goes on by itself, and holds up nobody. */
#ifndef LR_NET_SYSTEM_LOOK_UP_H
#define LR_NET_SYSTEM_LOOK_UP_H

#include <stddef.h>

#include "net/dns_message.h"
#include "reactor/mailbox.h"
#include <lariat/status.h>

typedef struct lr_system_look_up lr_system_look_up;

/* Gets the answer, on the reactor's thread.  Its TTL is none: getaddrinfo does
 * not tell. */
typedef void lr_system_told(void *context, const lr_dns_answer *answer,
                            const char *why);

/* Starts a look-up; `family` is AF_UNSPEC, AF_INET or AF_INET6.  `told` comes
 * by mail to `mailbox`.  NULL: no thread, or no memory. */
lr_system_look_up *lr_system_look_up_start(const char *name, int family,
                                           lariat_mailbox *mailbox,
                                           lr_system_told *told, void *context);

/* Has a look-up that has not told yet never do so.  The reactor's thread. */
void lr_system_look_up_abandon(lr_system_look_up *look_up);

#endif
