/* SPDX-License-Identifier: MIT
 * port.h: ports as text, and those that speak something else than HTTP. */
#ifndef LR_HTTP_PORT_H
#define LR_HTTP_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The message about a port that is none. */
#define LR_PORT_FAULT "the port must be 1 to 65535"

/* Reads a port of 1 to 65535: up to five decimal digits and nothing else. */
bool lr_port_read(const char *text, size_t length, uint16_t *port);

/* Tells whether a port is a "bad port" of the Fetch standard
 * (https://fetch.spec.whatwg.org, 2.9): what listens there speaks another
 * protocol, and might take a request for something of its own. */
bool lr_port_is_bad(unsigned port);

#endif
