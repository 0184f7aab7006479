/* SPDX-License-Identifier: MIT
 * Names and their addresses, as a pool looks them up: by DNS on its reactors,
 * with one cache for all of them, the system's hosts file and the overrides of
 * its options.  docs/resolving.md explains it. */
#ifndef LARIAT_RESOLVER_H
#define LARIAT_RESOLVER_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include <lariat/deferred.h>
#include <lariat/export.h>
#include <lariat/pool.h>
#include <lariat/status.h>
#include <lariat/value.h>

LARIAT_BEGIN_C

/* The addresses of a host, in the order in which they are to be tried (RFC
 * 6724).  They do not change, and are counted: they can be shared between
 * threads. */
typedef struct lariat_addresses lariat_addresses;
LARIAT_API extern const lariat_type lariat_addresses_type;

/* Returns the addresses in `value`, owned by it still; NULL for another type
 * (misuse, with checks on).  The readers below accept NULL and give 0 or "". */
LARIAT_API lariat_addresses *lariat_addresses_in(lariat_value value);

/* Returns how many there are: at least one. */
LARIAT_API size_t lariat_addresses_count(const lariat_addresses *addresses);

/* Returns an address as text, "192.0.2.1" or "2001:db8::1", which lives as long
 * as the addresses; "" when out of range.  Any thread. */
LARIAT_API const char *lariat_addresses_text(const lariat_addresses *addresses,
                                             size_t index);

/* Fills `*out` with an address and `port`, and returns its length; 0 when out
 * of range.  Any thread. */
LARIAT_API socklen_t lariat_addresses_at(const lariat_addresses *addresses,
                                         size_t index, uint16_t port,
                                         struct sockaddr_storage *out);

/* Looks a host up as a fetch of the pool would: a name as a URL has it, in
 * ASCII, or an address, which is its own.  The rules for addresses are not
 * asked: those are for connections.  The deferred, which belongs to `reactor`,
 * fires with addresses.  Never NULL.  The thread of `reactor`.
 *
 * LARIAT_EINVAL      no name, or the pool makes no connections (scripted)
 * LARIAT_ERESOLVE    the name is not valid, or has no address, or its servers
 *                    have failed: see the message
 * LARIAT_ECLOSED     the pool is closed, or was meanwhile
 * LARIAT_ECANCELLED, LARIAT_ENOMEM, LARIAT_EFORKED */
LARIAT_API LARIAT_MUST_USE lariat_deferred *
lariat_resolve(lariat_pool *pool, lariat_reactor *reactor, const char *host);

/* Looks for what is wrong with the options for names, and writes a sentence
 * about the first of it, without a full stop, into `message` of `capacity`
 * bytes (0: nowhere).  Any thread.
 *
 * LARIAT_OK, LARIAT_ENOMEM
 * LARIAT_EINVAL  see `message` */
LARIAT_API LARIAT_MUST_USE lariat_status lariat_name_options_check(
    const lariat_pool_options *options, char *message, size_t capacity);

LARIAT_END_C

#endif
