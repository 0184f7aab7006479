/* SPDX-License-Identifier: MIT
 * address_order.c: destination address selection (RFC 6724). */
#include "net/address_order.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/attributes.h"

/* The default policy table (RFC 6724, 2.1), the longest prefixes first. */
static const struct policy {
  lr_ip prefix;
  uint8_t bits;
  uint8_t precedence;
  uint8_t label;
} policies[] = {
    {{{[15] = 1}}, 128, 50, 0},                /* ::1 */
    {{{[10] = 0xff, [11] = 0xff}}, 96, 35, 4}, /* ::ffff:0:0 */
    {{{0}}, 96, 1, 3},                         /* :: */
    {{{0x20, 0x01}}, 32, 5, 5},                /* Teredo */
    {{{0x20, 0x02}}, 16, 30, 2},               /* 6to4 */
    {{{0x3f, 0xfe}}, 16, 1, 12},               /* 6bone */
    {{{0xfe, 0xc0}}, 10, 1, 11},               /* site-local */
    {{{0xfc}}, 7, 3, 13},                      /* unique local */
};
static const struct policy any_policy = {.precedence = 40, .label = 1};

typedef struct candidate {
  lr_host_address address;
  const struct policy *policy;
  bool usable;
  bool scope_matches;
  bool label_matches;
  uint8_t scope;
} candidate;

static bool has_prefix(const lr_ip *ip, const lr_ip *prefix, unsigned bits) {
  unsigned whole = bits / 8;
  if (memcmp(ip->bytes, prefix->bytes, whole) != 0) return false;
  return bits % 8 == 0 ||
         (ip->bytes[whole] ^ prefix->bytes[whole]) >> (8 - bits % 8) == 0;
}

static const struct policy *find_policy(const lr_ip *ip) {
  for (size_t i = 0; i < sizeof policies / sizeof policies[0]; i++)
    if (has_prefix(ip, &policies[i].prefix, policies[i].bits))
      return &policies[i];
  return &any_policy;
}

/* Returns the scope (RFC 4291, 2.7; RFC 6724, 3.2): link-local, site-local or
 * global. */
static uint8_t find_scope(const lr_ip *ip) {
  enum { LINK = 2, SITE = 5, GLOBAL = 14 };
  const uint8_t *b = ip->bytes;
  if (lr_ip_is_v4(ip))
    return b[12] == 127 || (b[12] == 169 && b[13] == 254) ? LINK : GLOBAL;
  if (b[0] == 0xff) return b[1] & 0xf;
  if (b[0] == 0xfe && (b[1] & 0xc0) == 0x80) return LINK;
  if (b[0] == 0xfe && (b[1] & 0xc0) == 0xc0) return SITE;
  static const lr_ip loopback = {{[15] = 1}};
  return memcmp(b, loopback.bytes, sizeof loopback.bytes) == 0 ? LINK : GLOBAL;
}

static candidate judge(const lr_host_address *address, lr_source_finder *find) {
  lr_ip source;
  candidate c = {.address = *address,
                 .policy = find_policy(&address->ip),
                 .usable = find(address, &source),
                 .scope = find_scope(&address->ip)};
  if (!c.usable) return c;
  c.scope_matches = find_scope(&source) == c.scope;
  c.label_matches = find_policy(&source)->label == c.policy->label;
  return c;
}

/* Says whether `a` is to be tried before `b`, whatever came first. */
static bool goes_before(const candidate *a, const candidate *b) {
  if (a->usable != b->usable) return a->usable;
  if (a->scope_matches != b->scope_matches) return a->scope_matches;
  if (a->label_matches != b->label_matches) return a->label_matches;
  if (a->policy->precedence != b->policy->precedence)
    return a->policy->precedence > b->policy->precedence;
  return a->scope < b->scope;
}

static bool are_of_one_family(const lr_host_address *list, size_t count) {
  for (size_t i = 1; i < count; i++)
    if (lr_ip_is_v4(&list[i].ip) != lr_ip_is_v4(&list[0].ip)) return false;
  return true;
}

void lr_address_order_sort(lr_host_address *list, size_t count,
                           lr_source_finder *find) {
  candidate sorted[LR_ADDRESSES_MAX];
  if (count > LR_ADDRESSES_MAX || are_of_one_family(list, count)) return;
  for (size_t i = 0; i < count; i++) {
    candidate next = judge(&list[i], find);
    size_t at = i;
    for (; at > 0 && goes_before(&next, &sorted[at - 1]); at--)
      sorted[at] = sorted[at - 1];
    sorted[at] = next;
  }
  for (size_t i = 0; i < count; i++) list[i] = sorted[i].address;
}

bool lr_address_order_find_source(const lr_host_address *to, lr_ip *source) {
  struct sockaddr_storage name;
  socklen_t length = lr_host_address_to_socket(to, 1, &name);
  int fd = socket(name.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return false;
  bool found = connect(fd, (struct sockaddr *)&name, length) == 0;
  length = sizeof name;
  found = found && getsockname(fd, (struct sockaddr *)&name, &length) == 0 &&
          lr_ip_read((struct sockaddr *)&name, length, source);
  close(fd);
  return found;
}
