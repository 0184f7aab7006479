/* SPDX-License-Identifier: MIT
 * name_servers.h: the list of name servers that a user gives. */
#ifndef LR_NET_NAME_SERVERS_H
#define LR_NET_NAME_SERVERS_H

#include <stddef.h>
#include <stdint.h>

#include "net/addresses.h"
#include <lariat/status.h>

typedef struct lr_name_server {
  lr_host_address address;
  uint16_t port;
} lr_name_server;

/* Reads a list with commas between its entries: an IPv4 address of four decimal
 * numbers or an IPv6 address, each whole and maybe followed by a colon and a
 * port of 1 to 65535; an IPv6 address with a port is in brackets.  `*out`, of
 * `*count` servers, is to be freed by lr_free.  Names the first wrong entry in
 * a sentence in `message`, of `capacity` bytes.
 * LARIAT_OK, LARIAT_ENOMEM, LARIAT_EINVAL */
lariat_status lr_name_servers_read(const char *list, lr_name_server **out,
                                   size_t *count, char *message,
                                   size_t capacity);

#endif
