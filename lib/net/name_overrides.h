/* SPDX-License-Identifier: MIT
 * name_overrides.h: what a user says of names before anybody is asked: the
 * addresses of a host and port (curl's --resolve), and which host and port are
 * connected to in the place of others (curl's --connect-to). */
#ifndef LR_NET_NAME_OVERRIDES_H
#define LR_NET_NAME_OVERRIDES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/addresses.h"
#include <lariat/status.h>

typedef struct lr_name_overrides lr_name_overrides;

/* A host and a port, as a URL has them; an IPv6 address is in brackets. */
typedef struct lr_host_port {
  const char *name;
  size_t length;
  uint16_t port;
} lr_host_port;

/* Reads both lists, each NULL or entries with blanks between them:
 * "HOST:PORT:ADDRESS,ADDRESS" and "HOST:PORT:HOST:PORT".  `*out` is NULL when
 * there is none.  A sentence about what is wrong goes into `message`, of
 * `capacity` bytes.
 * LARIAT_OK, LARIAT_ENOMEM, LARIAT_EINVAL */
lariat_status lr_name_overrides_new(const char *resolve, const char *connect_to,
                                    char *message, size_t capacity,
                                    lr_name_overrides **out);
void lr_name_overrides_free(lr_name_overrides *overrides);

/* Says where to connect to for `wanted`: the first entry that fits, or
 * `wanted` itself.  The name is borrowed from either. */
lr_host_port lr_name_overrides_target(const lr_name_overrides *overrides,
                                      lr_host_port wanted);

/* Returns the addresses of a host and port, another reference; NULL: none are
 * given. */
lariat_addresses *lr_name_overrides_find(const lr_name_overrides *overrides,
                                         lr_host_port wanted);

#endif
