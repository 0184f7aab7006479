/* SPDX-License-Identifier: MIT
 * received_bytes.h: how much has come on a TCP connection, read or not. */
#ifndef LR_NET_RECEIVED_BYTES_H
#define LR_NET_RECEIVED_BYTES_H

#include <stdbool.h>
#include <stdint.h>

/* Asks the kernel how many bytes the peer has sent on the connection so far.
 * False: it does not know. */
bool lr_received_bytes(int fd, uint64_t *bytes);

#endif
