/* SPDX-License-Identifier: MIT
 * lariat_address_rules: which addresses a pool connects to.  The decision is
 * made on the address itself, when a connection is about to be made: however a
 * URL spells it, whatever a name resolves to, whoever redirects to it.
 * docs/security.md explains it. */
#ifndef LARIAT_ADDRESS_H
#define LARIAT_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include <lariat/export.h>
#include <lariat/status.h>

LARIAT_BEGIN_C

/* Decides on an address that the other rules allow: false denies it.  Called
 * on the pool's threads, on several at once, for each connection; it must be
 * quick, and call nothing of lariat's. */
typedef bool (*lariat_allow_address)(const struct sockaddr *address,
                                     socklen_t length, void *context);

/* Rules for addresses.  All zero: every address is allowed.
 *
 * Networks are written as "10.0.0.0/8", "fd00::/8" or, for a single address,
 * "192.0.2.1"; a list has commas or blanks between them.  Of the networks in
 * both lists that an address is in, the one with the longest prefix decides; of
 * two that are the same, `deny_nets`.  An address in none of them is decided by
 * `deny_private`.
 *
 * An IPv4-mapped address (::ffff:10.0.0.1) is the IPv4 address, in lists and
 * out of them.  An address that leads to an IPv4 address by a translator or a
 * tunnel (64:ff9b::/96, 64:ff9b:1::/48, 2002::/16, 2001::/32, ::/96,
 * ::ffff:0:0:0/96) is allowed only if that is allowed as well. */
typedef struct lariat_address_rules {
  bool deny_private; /* what is not public: lariat_address_is_public */
  const char *allow_nets;
  const char *deny_nets;
  lariat_allow_address allow; /* NULL: nothing more is asked */
  void *context;              /* of `allow` */
} lariat_address_rules;

/* Says whether an address is public: one of IPv4 or IPv6 that IANA's registries
 * of special-purpose addresses (RFC 6890) do not keep from the Internet, and
 * not multicast.  Any thread. */
LARIAT_API bool lariat_address_is_public(const struct sockaddr *address,
                                         socklen_t length);

/* Looks for what is wrong with a list of networks, as the rules have it, and
 * writes a sentence about the first of it, without a full stop, into `message`
 * of `capacity` bytes (0: nowhere).  Any thread.
 *
 * LARIAT_OK, LARIAT_ENOMEM
 * LARIAT_EINVAL  see `message` */
LARIAT_API LARIAT_MUST_USE lariat_status
lariat_networks_check(const char *networks, char *message, size_t capacity);

LARIAT_END_C

#endif
