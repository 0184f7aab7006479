/* SPDX-License-Identifier: MIT
 * addresses.c: lists of addresses, as values, as text and as sockets'. */
#include "net/addresses.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <string.h>

#include "base/memory.h"
#include "http/ip_address.h"

/* Writes as lr_ip_write does, in a fraction of the time. */
static void write_text(const lr_ip *ip, char text[INET6_ADDRSTRLEN]) {
  uint16_t pieces[8];
  const uint8_t *b = ip->bytes;
  for (size_t i = 0; i < 8; i++)
    pieces[i] = (uint16_t)(b[2 * i] << 8 | b[2 * i + 1]);
  uint32_t v4 = (uint32_t)pieces[6] << 16 | pieces[7];
  char *end =
      lr_ip_is_v4(ip) ? lr_ipv4_write(text, v4) : lr_ipv6_write(text, pieces);
  *end = '\0';
}

lariat_addresses *lr_addresses_new(const lr_host_address *list, size_t count) {
  if (count > LR_ADDRESSES_MAX) count = LR_ADDRESSES_MAX;
  size_t bytes = count * sizeof *list;
  lariat_addresses *addresses =
      lr_alloc_zero(sizeof *addresses + bytes + count * INET6_ADDRSTRLEN);
  if (!addresses) return NULL;
  char *texts = (char *)addresses->list + bytes;
  lr_u32_init(&addresses->references, 1);
  addresses->count = (uint32_t)count;
  addresses->texts = texts;
  memcpy(addresses->list, list, bytes);
  for (size_t i = 0; i < count; i++)
    write_text(&list[i].ip, texts + i * INET6_ADDRSTRLEN);
  return addresses;
}

lariat_addresses *lr_addresses_retain(lariat_addresses *addresses) {
  lr_count_retain(&addresses->references);
  return addresses;
}

void lr_addresses_release(lariat_addresses *addresses) {
  if (addresses && lr_count_release(&addresses->references)) lr_free(addresses);
}

/* ---- Text ---- */

/* Reads the name or the number of an interface. */
static uint32_t read_scope(const char *text) {
  uint32_t index = if_nametoindex(text);
  uint32_t number = 0;
  if (index || !*text) return index;
  for (; *text >= '0' && *text <= '9' && number < UINT32_MAX / 16; text++)
    number = number * 10 + (uint32_t)(*text - '0');
  return *text ? 0 : number;
}

static bool read_v6(char *text, lr_host_address *address) {
  char *zone = strchr(text, '%');
  if (zone) *zone++ = '\0';
  if (inet_pton(AF_INET6, text, address->ip.bytes) != 1) return false;
  address->scope = zone ? read_scope(zone) : 0;
  return !zone || address->scope;
}

bool lr_host_address_read(const char *text, size_t length,
                          lr_host_address *address) {
  char copy[INET6_ADDRSTRLEN + IF_NAMESIZE + 1];
  uint8_t v4[4];
  if (length > 2 && text[0] == '[' && text[length - 1] == ']') {
    text++;
    length -= 2;
  }
  if (length >= sizeof copy || memchr(text, '\0', length)) return false;
  memcpy(copy, text, length);
  copy[length] = '\0';
  address->scope = 0;
  if (inet_pton(AF_INET, copy, v4) != 1) return read_v6(copy, address);
  address->ip = lr_ip_of_v4(v4);
  return true;
}

/* ---- Sockets ---- */

static socklen_t fill_v4(const lr_ip *ip, uint16_t port,
                         struct sockaddr_storage *out) {
  struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons(port)};
  memcpy(&name.sin_addr, ip->bytes + 12, sizeof name.sin_addr);
  memcpy(out, &name, sizeof name);
  return sizeof name;
}

socklen_t lr_host_address_to_socket(const lr_host_address *address,
                                    uint16_t port,
                                    struct sockaddr_storage *out) {
  struct sockaddr_in6 name = {.sin6_family = AF_INET6,
                              .sin6_port = htons(port),
                              .sin6_scope_id = address->scope};
  if (lr_ip_is_v4(&address->ip)) return fill_v4(&address->ip, port, out);
  memcpy(&name.sin6_addr, address->ip.bytes, sizeof name.sin6_addr);
  memcpy(out, &name, sizeof name);
  return sizeof name;
}

/* ---- Values ---- */

static void drop_addresses(void *data) { lr_addresses_release(data); }

static void *share_addresses(void *data) { return lr_addresses_retain(data); }

static int describe_addresses(const void *data, char *text, size_t capacity) {
  const lariat_addresses *addresses = data;
  size_t length = 0;
  for (uint32_t i = 0; i < addresses->count; i++) {
    const char *one = lariat_addresses_text(addresses, i);
    for (const char *at = i ? ", " : ""; *at; at++, length++)
      if (length + 1 < capacity) text[length] = *at;
    for (; *one; one++, length++)
      if (length + 1 < capacity) text[length] = *one;
  }
  if (capacity) text[length < capacity ? length : capacity - 1] = '\0';
  return (int)length;
}

const lariat_type lariat_addresses_type = {.size = sizeof(lariat_type),
                                           .name = "addresses",
                                           .drop = drop_addresses,
                                           .share = share_addresses,
                                           .describe = describe_addresses};

lariat_addresses *lariat_addresses_in(lariat_value value) {
  return lariat_value_in(value, &lariat_addresses_type);
}

size_t lariat_addresses_count(const lariat_addresses *addresses) {
  return addresses ? addresses->count : 0;
}

const char *lariat_addresses_text(const lariat_addresses *addresses,
                                  size_t index) {
  if (!addresses || index >= addresses->count) return "";
  return addresses->texts + index * INET6_ADDRSTRLEN;
}

socklen_t lariat_addresses_at(const lariat_addresses *addresses, size_t index,
                              uint16_t port, struct sockaddr_storage *out) {
  if (!addresses || index >= addresses->count) return 0;
  return lr_host_address_to_socket(&addresses->list[index], port, out);
}
