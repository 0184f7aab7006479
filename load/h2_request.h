/* SPDX-License-Identifier: MIT
 * h2_request.h: the requests of a test over HTTP/2: each is lariat_request's,
 * which has the connections.  What is a connection to the rest of a worker is a
 * stream then, which is always open. */
#ifndef LOAD_H2_REQUEST_H
#define LOAD_H2_REQUEST_H

#include "connection.h"

/* Sends the connection's message, as lr_load_connection_send does: a `send` of
 * a connector.  Its client asks for HTTP/2. */
void lr_load_h2_request_send(lr_load_connection *connection, uint64_t now_ns);

/* Returns what a client of such requests is made with: no redirects, no
 * decoding, no limits but the connector's. */
lariat_client_options
lr_load_h2_request_client(const lariat_client_options *given);

#endif
