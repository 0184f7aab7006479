/* SPDX-License-Identifier: MIT
 * tls_records.h: writes a server's encrypted records by hand, where OpenSSL
 * would not write such: empty ones, alerts of its own choice, bad ones.  What
 * the connection's SSL writes afterwards is not understood by anybody. */
#ifndef TESTS_SUPPORT_TLS_RECORDS_H
#define TESTS_SUPPORT_TLS_RECORDS_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The suites that are understood, of TLS 1.2 and 1.3. */
#define TLS_RECORDS_CIPHER "ECDHE-ECDSA-AES128-GCM-SHA256"
#define TLS_RECORDS_SUITE "TLS_AES_128_GCM_SHA256"

enum {
  TLS_RECORDS_OVERHEAD = 5 + 8 + 1 + 16,
  TLS_RECORD_ALERT = 21,
  TLS_RECORD_HANDSHAKE = 22,
  TLS_RECORD_DATA = 23
};

struct tls_records {
  bool tls13;
  uint64_t sequence; /* of the next record */
  unsigned char key[16];
  unsigned char iv[12];
};

/* Begins after a handshake without tickets.  `secret` is the server's first
 * application traffic secret (32 bytes), for TLS 1.3. */
void tls_records_begin(struct tls_records *records, SSL *ssl,
                       const unsigned char *secret);

/* Writes a record into `out`, which has TLS_RECORDS_OVERHEAD bytes more; how
 * long it is. */
size_t tls_records_seal(struct tls_records *records, int type,
                        const void *bytes, size_t length, unsigned char *out);

#endif
