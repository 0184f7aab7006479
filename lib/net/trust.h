/* SPDX-License-Identifier: MIT
 * trust.h: the certificates that are trusted.  A transport has all of them in
 * one X509_STORE for all of its connections; libcurl would read and parse them
 * for each multi handle. */
#ifndef LR_NET_TRUST_H
#define LR_NET_TRUST_H

#include <pthread.h>

#include <lariat/status.h>

typedef struct x509_store_st X509_STORE;

/* Where certificates are read from, and one reader at a time: parsing them in
 * several threads at once is slow with OpenSSL 3. */
typedef struct lr_trust {
  pthread_mutex_t lock;
  const char *ca_file;      /* PEM; NULL: the defaults */
  const char *default_file; /* tried first; may be NULL */
  const char *default_path; /* looked up by hash, lazily; may be NULL */
} lr_trust;

/* Fills `trust` in; the texts are borrowed. */
void lr_trust_init(lr_trust *trust, const char *ca_file,
                   const char *default_file, const char *default_path);
void lr_trust_destroy(lr_trust *trust);

/* Reads the certificates into a new store.  SSL_CERT_FILE and SSL_CERT_DIR are
 * ignored.  Any thread.
 *
 * LARIAT_OK
 * LARIAT_EINVAL  `ca_file` cannot be read or has no certificate
 * LARIAT_ENOMEM */
lariat_status lr_trust_load(lr_trust *trust, X509_STORE **out);

/* Frees a store.  NULL is allowed. */
void lr_trust_release(X509_STORE *store);

/* Returns the text (PEM) of one certificate of the store, which is the caller's
 * to free with lr_free; NULL when there is none, or no memory. */
char *lr_trust_copy_certificate(X509_STORE *store);

/* Lets `ssl_ctx` (an SSL_CTX, from CURLOPT_SSL_CTX_FUNCTION) use the store. */
void lr_trust_apply(X509_STORE *store, void *ssl_ctx);

#endif
