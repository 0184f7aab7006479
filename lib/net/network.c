/* SPDX-License-Identifier: MIT
 * network.c: addresses and networks as bits and as text. */
#include "net/network.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include <lariat/address.h>

enum { V4_BITS = 32, V6_BITS = 128, MAPPED_BITS = 96, TEXT_MAX = 64 };

static const uint8_t mapped_prefix[12] = {[10] = 0xff, [11] = 0xff};

/* ---- Addresses ---- */

lr_ip lr_ip_of_v4(const uint8_t bytes[4]) {
  lr_ip ip;
  memcpy(ip.bytes, mapped_prefix, sizeof mapped_prefix);
  memcpy(ip.bytes + sizeof mapped_prefix, bytes, 4);
  return ip;
}

static bool read_v4(const struct sockaddr *address, socklen_t length,
                    lr_ip *ip) {
  struct sockaddr_in name;
  uint8_t bytes[4];
  if (length < sizeof name) return false;
  memcpy(&name, (const void *)address, sizeof name);
  memcpy(bytes, &name.sin_addr, sizeof bytes);
  *ip = lr_ip_of_v4(bytes);
  return true;
}

static bool read_v6(const struct sockaddr *address, socklen_t length,
                    lr_ip *ip) {
  struct sockaddr_in6 name;
  if (length < sizeof name) return false;
  memcpy(&name, (const void *)address, sizeof name);
  memcpy(ip->bytes, &name.sin6_addr, sizeof ip->bytes);
  return true;
}

bool lr_ip_read(const struct sockaddr *address, socklen_t length, lr_ip *ip) {
  if (!address || length < sizeof address->sa_family) return false;
  if (address->sa_family == AF_INET) return read_v4(address, length, ip);
  return address->sa_family == AF_INET6 && read_v6(address, length, ip);
}

bool lr_ip_is_v4(const lr_ip *ip) {
  return memcmp(ip->bytes, mapped_prefix, sizeof mapped_prefix) == 0;
}

void lr_ip_write(const lr_ip *ip, char text[INET6_ADDRSTRLEN]) {
  bool v4 = lr_ip_is_v4(ip);
  const uint8_t *bytes = v4 ? ip->bytes + sizeof mapped_prefix : ip->bytes;
  text[0] = '\0';
  (void)inet_ntop(v4 ? AF_INET : AF_INET6, bytes, text, INET6_ADDRSTRLEN);
}

/* ---- Networks ---- */

static bool network_is_v4(const lr_network *network) {
  return network->bits >= MAPPED_BITS && lr_ip_is_v4(&network->ip);
}

bool lr_network_has(const lr_network *network, const lr_ip *ip) {
  unsigned whole = network->bits / 8u;
  unsigned rest = network->bits % 8u;
  if (network_is_v4(network) != lr_ip_is_v4(ip)) return false;
  if (memcmp(network->ip.bytes, ip->bytes, whole) != 0) return false;
  if (rest == 0) return true;
  return (network->ip.bytes[whole] ^ ip->bytes[whole]) >> (8 - rest) == 0;
}

int lr_network_longest(const lr_network *list, size_t count, const lr_ip *ip) {
  int longest = -1;
  for (size_t i = 0; i < count; i++)
    if (list[i].bits > longest && lr_network_has(&list[i], ip))
      longest = list[i].bits;
  return longest;
}

void lr_networks_clear(lr_networks *networks) {
  lr_free(networks->list);
  *networks = (lr_networks){0};
}

/* ---- Text ---- */

/* A network as text, and where the sentence about it goes. */
struct reading {
  char text[TEXT_MAX];
  char *message;
  size_t capacity;
};

static lariat_status refuse(const struct reading *reading, const char *why) {
  if (reading->capacity)
    snprintf(reading->message, reading->capacity, "\"%s\": %s", reading->text,
             why);
  return LARIAT_EINVAL;
}

/* Reads the number of a prefix's bits: digits, without zeros in front. */
static bool read_bits(const char *text, unsigned most, unsigned *bits) {
  size_t digits = strspn(text, "0123456789");
  if (digits == 0 || digits > 3 || text[digits]) return false;
  if (*text == '0' && digits > 1) return false;
  *bits = 0;
  for (; *text; text++) *bits = *bits * 10 + (unsigned)(*text - '0');
  return *bits <= most;
}

static lr_ip mask_ip(const lr_ip *ip, unsigned bits) {
  lr_ip masked = *ip;
  for (unsigned i = 0; i < sizeof masked.bytes; i++) {
    unsigned left = bits > 8 * i ? bits - 8 * i : 0;
    if (left < 8) masked.bytes[i] &= (uint8_t)(0xff00u >> left);
  }
  return masked;
}

/* Refuses a network with bits behind its prefix: it is a slip of the pen, and
 * nobody can say of which part. */
static lariat_status check_rest(const struct reading *reading,
                                const lr_network *network, bool v4) {
  char text[INET6_ADDRSTRLEN];
  char why[128];
  lr_ip masked = mask_ip(&network->ip, network->bits);
  if (memcmp(&masked, &network->ip, sizeof masked) == 0) return LARIAT_OK;
  lr_ip_write(&masked, text);
  snprintf(why, sizeof why,
           "there are bits behind the prefix; the network is %s/%u", text,
           network->bits - (v4 ? MAPPED_BITS : 0u));
  return refuse(reading, why);
}

/* Reads the address of a network, up to the slash. */
static bool read_ip(const char *text, size_t length, bool *v4, lr_ip *ip) {
  char copy[TEXT_MAX];
  uint8_t bytes[4];
  memcpy(copy, text, length);
  copy[length] = '\0';
  *v4 = inet_pton(AF_INET, copy, bytes) == 1;
  if (*v4) *ip = lr_ip_of_v4(bytes);
  return *v4 || inet_pton(AF_INET6, copy, ip->bytes) == 1;
}

static lariat_status read_network(const struct reading *reading,
                                  lr_network *network) {
  size_t length = strcspn(reading->text, "/");
  bool v4;
  if (!read_ip(reading->text, length, &v4, &network->ip))
    return refuse(reading, "not an address, as 10.0.0.0/8, fd00::/8 or ::1");
  unsigned most = v4 ? V4_BITS : V6_BITS;
  unsigned bits = most;
  if (reading->text[length] &&
      !read_bits(reading->text + length + 1, most, &bits))
    return refuse(reading, v4 ? "the prefix has from 0 to 32 bits"
                              : "the prefix has from 0 to 128 bits");
  network->bits = (uint8_t)(bits + (v4 ? MAPPED_BITS : 0u));
  return check_rest(reading, network, v4);
}

static lariat_status add_network(lr_networks *networks,
                                 const lr_network *network) {
  lr_network *list =
      lr_realloc(networks->list, (networks->count + 1) * sizeof *list);
  if (!list) return LARIAT_ENOMEM;
  list[networks->count++] = *network;
  networks->list = list;
  return LARIAT_OK;
}

static const char separators[] = ", \t\r\n";

/* Takes the list's next network out of it. */
static lariat_status take_text(struct reading *reading, const char **text) {
  size_t length = strcspn(*text, separators);
  size_t kept = length < TEXT_MAX ? length : TEXT_MAX - 1;
  memcpy(reading->text, *text, kept);
  reading->text[kept] = '\0';
  *text += length;
  return kept == length ? LARIAT_OK : refuse(reading, "too long");
}

static lariat_status read_all(lr_networks *networks, struct reading *reading,
                              const char *text) {
  while (*(text += strspn(text, separators))) {
    lr_network network;
    lariat_status status = take_text(reading, &text);
    if (status == LARIAT_OK) status = read_network(reading, &network);
    if (status == LARIAT_OK) status = add_network(networks, &network);
    if (status != LARIAT_OK) return status;
  }
  return LARIAT_OK;
}

lariat_status lr_networks_read(lr_networks *networks, const char *text,
                               char *message, size_t capacity) {
  struct reading reading = {
      .text = "", .message = message, .capacity = capacity};
  *networks = (lr_networks){0};
  lariat_status status = text ? read_all(networks, &reading, text) : LARIAT_OK;
  if (status == LARIAT_OK && text && !networks->count)
    status = refuse(&reading, "no network, as 10.0.0.0/8, fd00::/8 or ::1");
  if (status != LARIAT_OK) lr_networks_clear(networks);
  return status;
}

lariat_status lariat_networks_check(const char *networks, char *message,
                                    size_t capacity) {
  lr_networks list;
  lariat_status status = lr_networks_read(&list, networks, message, capacity);
  lr_networks_clear(&list);
  return status;
}
