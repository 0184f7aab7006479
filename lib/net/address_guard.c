/* SPDX-License-Identifier: MIT
 * address_guard.c: the networks that are not public, the addresses within
 * addresses, and the decision. */
#include "net/address_guard.h"

#include <string.h>

#include "base/memory.h"
#include "net/network.h"

struct lr_address_guard {
  bool deny_private;
  lr_networks allowed;
  lr_networks denied;
  lariat_allow_address allow;
  void *context;
};

/* ---- Public addresses ---- */

/* A network of IPv4, and of IPv6 by its first four groups. */
#define V4(a, b, c, d, its_bits)                                               \
  { {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, d}}, 96 + (its_bits) }
#define HIGH(group) (uint8_t)((group) >> 8)
#define LOW(group) (uint8_t)((group)&0xff)
#define V6(a, b, c, d, its_bits)                                               \
  {                                                                            \
    {{HIGH(a), LOW(a), HIGH(b), LOW(b), HIGH(c), LOW(c), HIGH(d), LOW(d)}},    \
        its_bits                                                               \
  }

/* IANA's registries of special-purpose addresses for IPv4 and IPv6 (RFC 6890),
 * with those for multicast.  All other IPv4 addresses are public; of IPv6 only
 * those of 2000::/3 can be, the global unicast addresses.  Of what the
 * registries call "globally reachable", the anycast addresses of servers in
 * one's own network (192.0.0.9, 192.0.0.10, 2001:1::1 to 3) are not taken for
 * public. */
static const lr_network not_public[] = {
    V4(0, 0, 0, 0, 8),           /* this network */
    V4(10, 0, 0, 0, 8),          /* private use */
    V4(100, 64, 0, 0, 10),       /* shared: carriers' NAT */
    V4(127, 0, 0, 0, 8),         /* loopback */
    V4(169, 254, 0, 0, 16),      /* link-local */
    V4(172, 16, 0, 0, 12),       /* private use */
    V4(192, 0, 0, 0, 24),        /* protocol assignments */
    V4(192, 0, 2, 0, 24),        /* documentation */
    V4(192, 88, 99, 0, 24),      /* relays of 6to4, deprecated */
    V4(192, 168, 0, 0, 16),      /* private use */
    V4(198, 18, 0, 0, 15),       /* benchmarking */
    V4(198, 51, 100, 0, 24),     /* documentation */
    V4(203, 0, 113, 0, 24),      /* documentation */
    V4(224, 0, 0, 0, 4),         /* multicast */
    V4(240, 0, 0, 0, 4),         /* reserved, and broadcast */
    V6(0, 0, 0, 0, 0),           /* all that is not listed as public */
    V6(0x2001, 0, 0, 0, 23),     /* protocol assignments */
    V6(0x2001, 0xdb8, 0, 0, 32), /* documentation */
    V6(0x3fff, 0, 0, 0, 20),     /* documentation */
    V6(0, 0, 0, 0, 128),         /* unspecified */
    {{{[15] = 1}}, 128},         /* loopback */
};

static const lr_network public_networks[] = {
    V6(0x2000, 0, 0, 0, 3),      /* global unicast */
    V6(0x2001, 3, 0, 0, 32),     /* AMT */
    V6(0x2001, 4, 0x112, 0, 48), /* AS112 */
    V6(0x2001, 0x20, 0, 0, 28),  /* ORCHIDv2 */
    V6(0x2001, 0x30, 0, 0, 28),  /* drones */
                                 /* By the address within them: */
    V6(0, 0, 0, 0, 96),          /* IPv4-compatible, deprecated */
    V6(0x64, 0xff9b, 0, 0, 96),  /* translation */
    V6(0x2001, 0, 0, 0, 32),     /* Teredo */
    V6(0x2002, 0, 0, 0, 16),     /* 6to4 */
};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static bool is_public(const lr_ip *ip) {
  return lr_network_longest(public_networks, COUNT(public_networks), ip) >=
         lr_network_longest(not_public, COUNT(not_public), ip);
}

/* ---- Addresses within addresses ---- */

/* An IPv4 address in the bytes from `at` on of an IPv6 address; `inverted`: as
 * its complement. */
struct embedding {
  lr_network network;
  unsigned at;
  bool inverted;
};

/* RFC 6052 (translation), RFC 8215 (the same within a network), RFC 4380
 * (Teredo: the server's, and the client's), RFC 3056 (6to4), RFC 4291
 * (IPv4-compatible), RFC 2765 (IPv4-translated). */
static const struct embedding embeddings[] = {
    {V6(0x64, 0xff9b, 0, 0, 96), 12, false},
    {V6(0x64, 0xff9b, 1, 0, 48), 12, false},
    {V6(0x2001, 0, 0, 0, 32), 4, false},
    {V6(0x2001, 0, 0, 0, 32), 12, true},
    {V6(0x2002, 0, 0, 0, 16), 2, false},
    {V6(0, 0, 0, 0, 96), 12, false},
    {{{{[8] = 0xff, [9] = 0xff}}, 96}, 12, false},
};

static lr_ip read_embedded(const struct embedding *embedding, const lr_ip *ip) {
  uint8_t bytes[4];
  memcpy(bytes, ip->bytes + embedding->at, sizeof bytes);
  for (unsigned i = 0; i < sizeof bytes && embedding->inverted; i++)
    bytes[i] = (uint8_t)~bytes[i];
  return lr_ip_of_v4(bytes);
}

/* Says whether an address is :: or ::1, which are within no address. */
static bool is_unspecified_or_loopback(const lr_ip *ip) {
  static const uint8_t zeros[15];
  return memcmp(ip->bytes, zeros, sizeof zeros) == 0 && ip->bytes[15] <= 1;
}

/* ---- Decisions ---- */

static int find_longest(const lr_networks *networks, const lr_ip *ip) {
  return lr_network_longest(networks->list, networks->count, ip);
}

static bool allows_ip(const lr_address_guard *guard, const lr_ip *ip) {
  int allowed = find_longest(&guard->allowed, ip);
  int denied = find_longest(&guard->denied, ip);
  if (allowed < 0 && denied < 0) return !guard->deny_private || is_public(ip);
  return allowed > denied;
}

static bool allows_with_embedded(const lr_address_guard *guard,
                                 const lr_ip *ip) {
  if (!allows_ip(guard, ip)) return false;
  if (lr_ip_is_v4(ip) || is_unspecified_or_loopback(ip)) return true;
  for (size_t i = 0; i < COUNT(embeddings); i++) {
    if (!lr_network_has(&embeddings[i].network, ip)) continue;
    lr_ip embedded = read_embedded(&embeddings[i], ip);
    if (!allows_ip(guard, &embedded)) return false;
  }
  return true;
}

bool lr_address_guard_allows(const lr_address_guard *guard,
                             const struct sockaddr *address, socklen_t length) {
  lr_ip ip;
  return lr_ip_read(address, length, &ip) && allows_with_embedded(guard, &ip) &&
         (!guard->allow || guard->allow(address, length, guard->context));
}

bool lariat_address_is_public(const struct sockaddr *address,
                              socklen_t length) {
  static const lr_address_guard guard = {.deny_private = true};
  return lr_address_guard_allows(&guard, address, length);
}

/* ---- Life ---- */

static bool denies_nothing(const lariat_address_rules *rules) {
  return !rules->deny_private && !rules->deny_nets && !rules->allow;
}

static lariat_status read_lists(lr_address_guard *guard,
                                const lariat_address_rules *rules) {
  lariat_status status =
      lr_networks_read(&guard->allowed, rules->allow_nets, NULL, 0);
  return status == LARIAT_OK
             ? lr_networks_read(&guard->denied, rules->deny_nets, NULL, 0)
             : status;
}

lariat_status lr_address_guard_new(const lariat_address_rules *rules,
                                   lr_address_guard **out) {
  *out = NULL;
  lr_address_guard *guard = lr_alloc_zero(sizeof *guard);
  if (!guard) return LARIAT_ENOMEM;
  guard->deny_private = rules->deny_private;
  guard->allow = rules->allow;
  guard->context = rules->context;
  lariat_status status = read_lists(guard, rules);
  if (status != LARIAT_OK || denies_nothing(rules)) {
    lr_address_guard_free(guard);
    return status;
  }
  *out = guard;
  return LARIAT_OK;
}

void lr_address_guard_free(lr_address_guard *guard) {
  if (!guard) return;
  lr_networks_clear(&guard->allowed);
  lr_networks_clear(&guard->denied);
  lr_free(guard);
}
