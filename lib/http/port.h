/* SPDX-License-Identifier: MIT
 * port.h: ports that speak something else than HTTP. */
#ifndef LR_HTTP_PORT_H
#define LR_HTTP_PORT_H

#include <stdbool.h>

/* Tells whether a port is a "bad port" of the Fetch standard
 * (https://fetch.spec.whatwg.org, 2.9): what listens there speaks another
 * protocol, and might take a request for something of its own. */
bool lr_port_is_bad(unsigned port);

#endif
