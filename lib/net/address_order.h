/* SPDX-License-Identifier: MIT
 * address_order.h: the order in which a host's addresses are tried: destination
 * address selection by RFC 6724, 6, as getaddrinfo has it, with these rules: 1
 * (avoid unusable ones), 2 (matching scope), 5 (matching label), 6 (higher
 * precedence), 8 (smaller scope), 10 (leave the rest as it came).  Rule 9, the
 * longest matching prefix, is left out: it undoes what a name server does to
 * spread the load. */
#ifndef LR_NET_ADDRESS_ORDER_H
#define LR_NET_ADDRESS_ORDER_H

#include <stdbool.h>
#include <stddef.h>

#include "net/addresses.h"

/* Finds the address from which one would be connected to.  False: it cannot be
 * reached. */
typedef bool lr_source_finder(const lr_host_address *to, lr_ip *source);

/* Asks the kernel, by a datagram socket that sends nothing. */
bool lr_address_order_find_source(const lr_host_address *to, lr_ip *source);

/* Sorts a list of LR_ADDRESSES_MAX at most.  One with addresses of one family
 * alone stays as it is. */
void lr_address_order_sort(lr_host_address *list, size_t count,
                           lr_source_finder *find);

#endif
