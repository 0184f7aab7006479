/* SPDX-License-Identifier: MIT
 * address_guard.h: which addresses may be connected to.  One decision on a
 * socket's address, without state: the rules do not change, so that a
 * connection that was allowed may be used for as long as it lasts. */
#ifndef LR_NET_ADDRESS_GUARD_H
#define LR_NET_ADDRESS_GUARD_H

#include <stdbool.h>
#include <sys/socket.h>

#include <lariat/address.h>
#include <lariat/status.h>

typedef struct lr_address_guard lr_address_guard;

/* Makes a guard; `*out` is NULL when the rules deny nothing.  The texts of the
 * rules are not kept.
 * LARIAT_OK, LARIAT_ENOMEM, LARIAT_EINVAL */
lariat_status lr_address_guard_new(const lariat_address_rules *rules,
                                   lr_address_guard **out);
void lr_address_guard_free(lr_address_guard *guard);

/* Decides on an address.  One that is neither IPv4 nor IPv6 is denied.  Any
 * thread. */
bool lr_address_guard_allows(const lr_address_guard *guard,
                             const struct sockaddr *address, socklen_t length);

#endif
