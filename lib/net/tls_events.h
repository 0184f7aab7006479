/* SPDX-License-Identifier: MIT
 * tls_events.h: what the server has said on one TLS connection, beside its
 * bytes: that there are no more of them, what is wrong, and that it wants a
 * certificate; and what was found wrong with its own.  libcurl tells none of
 * it, or not always.
 *
 * The record lives as long as the connection's SSL_CTX, of which each
 * connection has its own, or whoever retains it.  One index of OpenSSL's, where
 * contexts keep it, is taken once for the process. */
#ifndef LR_NET_TLS_EVENTS_H
#define LR_NET_TLS_EVENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/atomics.h"

typedef struct lr_tls_events {
  lr_atomic_u32 count;
  bool closed;            /* close_notify: all that was sent has come */
  bool wants_certificate; /* of the client; none was given */
  uint8_t alert;          /* the fatal one, RFC 8446, 6; 0: none */
  int refused;            /* why the server's certificate was not accepted, as
                             X509_V_ERR_ number; 0: it was, or is not there */
} lr_tls_events;

/* Notes from now on what comes on the connection that `ssl_ctx` (an SSL_CTX,
 * from CURLOPT_SSL_CTX_FUNCTION) is for.  The record has a reference for the
 * caller; NULL when out of memory. */
lr_tls_events *lr_tls_events_watch(void *ssl_ctx);

/* Leaves a connection (an SSL), whose handshake is complete, to another thread:
 * what it calls from now on touches nothing but its record and itself, and its
 * new sessions are not kept. */
void lr_tls_events_leave(void *ssl);

/* Returns the record of a connection (an SSL), which is the connection's; NULL
 * when there is none. */
lr_tls_events *lr_tls_events_of(const void *ssl);

/* Returns why the certificate was refused, as text; static. */
const char *lr_tls_events_refusal(const lr_tls_events *events);

lr_tls_events *lr_tls_events_retain(lr_tls_events *events);

/* NULL is allowed. */
void lr_tls_events_release(lr_tls_events *events);

#endif
