/* SPDX-License-Identifier: MIT
 * tls_pair.h: a client and a server of TLS, with the record of what the server
 * says (net/tls_events.h). */
#ifndef LR_TESTS_TLS_PAIR_H
#define LR_TESTS_TLS_PAIR_H

#include <openssl/ssl.h>

#include "net/tls_events.h"

struct tls_pair {
  SSL_CTX *contexts[2]; /* the client's first */
  SSL *client;
  SSL *server;
  lr_tls_events *events;
};

/* Gives a server a certificate of its own signing, for a day. */
void tls_pair_give_certificate(SSL_CTX *context);

/* Makes both, with BIOs of their own: no byte has been exchanged.  `version`:
 * the highest; `verify`: what the server wants (SSL_VERIFY_PEER...). */
void tls_pair_open(struct tls_pair *pair, int version, int verify);

/* Lets both do what they can, the client to read at the end. */
void tls_pair_shake_hands(struct tls_pair *pair);

/* Frees both; the record is released. */
void tls_pair_close(struct tls_pair *pair);

#endif
