/* SPDX-License-Identifier: MIT
 * tls.h: a certificate authority of the test's own, and certificates by it. */
#ifndef TESTS_SUPPORT_TLS_H
#define TESTS_SUPPORT_TLS_H

#include <stdbool.h>

struct tls_authority;

/* Makes an authority with a new key.  NULL when it cannot. */
struct tls_authority *tls_authority_new(const char *name);

/* NULL is allowed. */
void tls_authority_free(struct tls_authority *authority);

/* Writes the authority's own certificate, as PEM. */
bool tls_write_authority(const struct tls_authority *authority,
                         const char *path);

struct tls_certificate {
  const char *name;      /* the subject's common name */
  const char *alt_names; /* "DNS:localhost,IP:127.0.0.1" */
  int valid_from_days;   /* counted from now: -1 is yesterday */
  int valid_to_days;
};

/* Issues a certificate for a new key and writes both, as PEM. */
bool tls_issue(const struct tls_authority *authority,
               const struct tls_certificate *what, const char *certificate_path,
               const char *key_path);

#endif
