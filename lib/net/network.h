/* SPDX-License-Identifier: MIT
 * network.h: an address of either family, networks, and lists of them as text.
 *
 * An IPv4 address is kept as the IPv4-mapped one (RFC 4291, 2.5.5.2), which
 * systems connect to as if it were IPv4.  A network of IPv6 never has one in
 * it. */
#ifndef LR_NET_NETWORK_H
#define LR_NET_NETWORK_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include <lariat/status.h>

typedef struct lr_ip {
  uint8_t bytes[16];
} lr_ip;

typedef struct lr_network {
  lr_ip ip;
  uint8_t bits; /* of the prefix; an IPv4 network's are 96 more */
} lr_network;

typedef struct lr_networks {
  lr_network *list;
  size_t count;
} lr_networks;

/* Returns an IPv4 address, which is at `bytes`. */
lr_ip lr_ip_of_v4(const uint8_t bytes[4]);

/* Reads a socket's address.  False: it is of neither family. */
bool lr_ip_read(const struct sockaddr *address, socklen_t length, lr_ip *ip);

bool lr_ip_is_v4(const lr_ip *ip);

/* Writes the address as text: at most INET6_ADDRSTRLEN bytes. */
void lr_ip_write(const lr_ip *ip, char text[INET6_ADDRSTRLEN]);

bool lr_network_has(const lr_network *network, const lr_ip *ip);

/* Returns the length of the longest prefix in a list that the address has; -1
 * when it is in no network of it. */
int lr_network_longest(const lr_network *list, size_t count, const lr_ip *ip);

/* Reads a list of networks; `text` may be NULL.  A sentence about what is wrong
 * goes into `message`, of `capacity` bytes.
 * LARIAT_OK, LARIAT_ENOMEM, LARIAT_EINVAL */
lariat_status lr_networks_read(lr_networks *networks, const char *text,
                               char *message, size_t capacity);
void lr_networks_clear(lr_networks *networks);

#endif
