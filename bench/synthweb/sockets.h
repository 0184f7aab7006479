/* SPDX-License-Identifier: MIT
 * sockets.h: the sockets of a server on one network interface, and the signals
 * that end it. */
#ifndef BENCH_SYNTHWEB_SOCKETS_H
#define BENCH_SYNTHWEB_SOCKETS_H

#include <stdint.h>

/* Returns a socket that listens on a port, or where it is 0 on a free one,
 * which `*bound` gets; -1: that is not possible.  AF_INET: on all addresses of
 * this machine, by that interface ("lo"); AF_INET6: on ::1. */
int sockets_listen(int family, const char *device, unsigned port,
                   unsigned *bound);

/* Returns the address that a connection was made to, in the machine's byte
 * order; 0: it is none of IPv4. */
uint32_t sockets_address(int fd);

/* Returns the address that a connection was made from, likewise. */
uint32_t sockets_client(int fd);

/* Writes it as text. */
enum { SOCKETS_ADDRESS_MAX = 48 };
void sockets_write_address(int fd, char out[SOCKETS_ADDRESS_MAX]);

/* Closes a connection with a reset. */
void sockets_reset(int fd);

/* Blocks SIGTERM, SIGINT and SIGUSR1, and returns the descriptor that they
 * arrive at; -1: that is not possible. */
int sockets_open_signals(void);

#endif
