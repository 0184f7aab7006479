/* SPDX-License-Identifier: MIT
 * connection_facts.h: what can be told of a connection to who asks for it: the
 * address of its near end, and what TLS has settled with the server. */
#ifndef LR_NET_CONNECTION_FACTS_H
#define LR_NET_CONNECTION_FACTS_H

#include <stdbool.h>

#include "http/response_details.h"

/* Notes the local address of a connected socket. */
void lr_connection_facts_read_local(int fd, lr_response_details *details);

/* Notes what `ssl` (an SSL, its handshake complete) has settled, and with
 * `certificates` those of the server.  False when out of memory. */
bool lr_connection_facts_read_tls(void *ssl, bool certificates,
                                  lr_tls_details *tls);

#endif
