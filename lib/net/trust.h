/* SPDX-License-Identifier: MIT
 * trust.h: the certificates that an engine trusts, in one X509_STORE for all
 * of its connections.  libcurl would read and parse them for each multi. */
#ifndef LR_NET_TRUST_H
#define LR_NET_TRUST_H

#include <lariat/status.h>

typedef struct x509_store_st X509_STORE;

/* Reads the certificates of `ca_file` (PEM) or, with NULL, those that the
 * loaded libcurl would use: its CA file, else its CA directory (looked up by
 * hash, lazily), honouring SSL_CERT_FILE and SSL_CERT_DIR as the curl program
 * does not: they are ignored.  The caller serialises: parsing certificates in
 * several threads at once is slow with OpenSSL 3.
 *
 * LARIAT_OK
 * LARIAT_EINVAL  `ca_file` cannot be read or has no certificate
 * LARIAT_ENOMEM */
lariat_status lr_trust_load(const char *ca_file, X509_STORE **out);

/* NULL is allowed. */
void lr_trust_release(X509_STORE *store);

/* Lets `ssl_ctx` (an SSL_CTX, from CURLOPT_SSL_CTX_FUNCTION) use the store. */
void lr_trust_apply(X509_STORE *store, void *ssl_ctx);

#endif
