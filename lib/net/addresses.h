/* SPDX-License-Identifier: MIT
 * addresses.h: the addresses of a host, in the order to try: counted, and
 * never changed. */
#ifndef LR_NET_ADDRESSES_H
#define LR_NET_ADDRESSES_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/atomics.h"
#include "net/network.h"
#include <lariat/resolver.h>

/* The most addresses that are kept of a host; libcurl would try more for hours.
 */
enum { LR_ADDRESSES_MAX = 32 };

typedef struct lr_host_address {
  lr_ip ip;
  uint32_t scope; /* the interface of a link-local address; 0: none */
} lr_host_address;

struct lariat_addresses {
  lr_atomic_u32 references;
  uint32_t count;
  const char *texts; /* INET6_ADDRSTRLEN bytes each, behind the list */
  lr_host_address list[];
};

/* Copies a list, of LR_ADDRESSES_MAX at most; NULL when out of memory. */
lariat_addresses *lr_addresses_new(const lr_host_address *list, size_t count);

/* Adds a reference, and returns the addresses. */
lariat_addresses *lr_addresses_retain(lariat_addresses *addresses);

/* Gives one back; NULL is allowed. */
void lr_addresses_release(lariat_addresses *addresses);

/* Reads an address as text, "fe80::1%eth0" and one in brackets among them.
 * False: it is none. */
bool lr_host_address_read(const char *text, size_t length,
                          lr_host_address *address);

/* Fills a socket's address; returns its length. */
socklen_t lr_host_address_to_socket(const lr_host_address *address,
                                    uint16_t port,
                                    struct sockaddr_storage *out);

#endif
