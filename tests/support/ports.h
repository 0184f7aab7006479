/* SPDX-License-Identifier: MIT
 * ports.h: free ports on loopback, for servers that take no port 0. */
#ifndef TESTS_SUPPORT_PORTS_H
#define TESTS_SUPPORT_PORTS_H

#include <stdbool.h>
#include <stddef.h>

/* Fills `ports` with `count` different TCP ports that are free, at this
 * moment, on every address of this machine.  Somebody else may take one before
 * it is used: be ready to try again.  False when there are not enough. */
bool ports_find(unsigned *ports, size_t count);

/* Returns a socket that has a port, which connections are refused at and nobody
 * else gets until the caller closes the socket; -1: there is none. */
int ports_refusing(unsigned *port);

/* Whether ::1 can be listened on. */
bool ports_have_ipv6(void);

/* Whether 127.0.0.1 takes connections on `port`. */
bool ports_answer(unsigned port);

#endif
