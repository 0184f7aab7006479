/* SPDX-License-Identifier: MIT
 * trust.c: loads trusted certificates into one store for all connections. */
#include "net/trust.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdbool.h>

#include "base/memory.h"

/* Looks for a certificate: a file with nothing but revocation lists loads as
 * well. */
static X509 *find_certificate(X509_STORE *store) {
  STACK_OF(X509_OBJECT) *objects = X509_STORE_get0_objects(store);
  for (int i = 0; i < sk_X509_OBJECT_num(objects); i++) {
    const X509_OBJECT *object = sk_X509_OBJECT_value(objects, i);
    if (X509_OBJECT_get_type(object) == X509_LU_X509)
      return X509_OBJECT_get0_X509(object);
  }
  return NULL;
}

static bool load_file(X509_STORE *store, const char *file) {
  return X509_STORE_load_file(store, file) == 1 && find_certificate(store);
}

void lr_trust_init(lr_trust *trust, const char *ca_file,
                   const char *default_file, const char *default_path) {
  pthread_mutex_init(&trust->lock, NULL);
  trust->ca_file = ca_file;
  trust->default_file = default_file;
  trust->default_path = default_path;
}

void lr_trust_destroy(lr_trust *trust) { pthread_mutex_destroy(&trust->lock); }

/* Loads what there is: a machine without certificates can still fetch http.
 * The store stays empty then, and every https fetch fails with a certificate
 * that is not trusted. */
static void load_defaults(const lr_trust *trust, X509_STORE *store) {
  if (trust->default_file && load_file(store, trust->default_file)) return;
  if (trust->default_path) X509_STORE_load_path(store, trust->default_path);
}

static lariat_status load_store(const lr_trust *trust, X509_STORE *store) {
  if (!store) return LARIAT_ENOMEM;
  /* libcurl gives this to its own stores: a certificate in the file is
   * trusted, be it a root or not. */
  X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
  if (!trust->ca_file) {
    load_defaults(trust, store);
    return LARIAT_OK;
  }
  if (load_file(store, trust->ca_file)) return LARIAT_OK;
  int reason = ERR_GET_REASON(ERR_peek_last_error());
  return reason == ERR_R_MALLOC_FAILURE ? LARIAT_ENOMEM : LARIAT_EINVAL;
}

lariat_status lr_trust_load(lr_trust *trust, X509_STORE **out) {
  pthread_mutex_lock(&trust->lock);
  ERR_set_mark();
  X509_STORE *store = X509_STORE_new();
  lariat_status status = load_store(trust, store);
  ERR_pop_to_mark();
  pthread_mutex_unlock(&trust->lock);
  if (status != LARIAT_OK) {
    X509_STORE_free(store);
    store = NULL;
  }
  *out = store;
  return status;
}

char *lr_trust_copy_certificate(X509_STORE *store) {
  X509 *certificate = find_certificate(store);
  BIO *out = certificate ? BIO_new(BIO_s_mem()) : NULL;
  char *text = NULL;
  char *copy = NULL;
  if (!out) return NULL;
  if (PEM_write_bio_X509(out, certificate) == 1) {
    long length = BIO_get_mem_data(out, &text);
    if (length > 0) copy = lr_copy_bytes(text, (size_t)length);
  }
  BIO_free(out);
  return copy;
}

void lr_trust_release(X509_STORE *store) { X509_STORE_free(store); }

void lr_trust_apply(X509_STORE *store, void *ssl_ctx) {
  SSL_CTX_set1_cert_store(ssl_ctx, store);
}
