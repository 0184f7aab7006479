/* SPDX-License-Identifier: MIT
 * certificate.h: certificates of any form, good and bad, made in memory when a
 * test runs.  tls.h writes those of servers that read files. */
#ifndef TESTS_SUPPORT_CERTIFICATE_H
#define TESTS_SUPPORT_CERTIFICATE_H

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <stddef.h>

/* What OpenSSL's configuration texts cannot say. */
enum certificate_flaw {
  CERTIFICATE_AS_TOLD,
  CERTIFICATE_VERSION_1,       /* no extensions */
  CERTIFICATE_BAD_SIGNATURE,   /* a bit of it is another */
  CERTIFICATE_UNKNOWN_CRITICAL /* a critical extension that nobody knows */
};

/* A certificate to be made.  NULL is the default; "" is none. */
struct certificate_profile {
  const char *id;          /* what it is called in tables */
  const char *issuer;      /* the id; NULL: it signs itself */
  bool authority;          /* changes the defaults of `basic` and `usage` */
  const char *key;         /* "EC:P-256" (the default), "RSA:2048",
                              "RSA-PSS:2048", "ED25519" */
  const char *hash;        /* "SHA256"; "PSS:SHA256" for an RSA key's other
                              padding */
  const char *name;        /* common name; the default is the id */
  const char *alt_names;   /* "DNS:a.test,IP:127.0.0.1"; default none */
  const char *nul_name;    /* a DNS name with bytes behind a NUL: "a.test|x",
                              where | is the NUL; default none */
  const char *basic;       /* basic constraints */
  const char *usage;       /* key usage */
  const char *purposes;    /* extended key usage; default none */
  const char *constraints; /* of names; default none */
  const char *feature;     /* "status_request"; default none */
  int from_days;           /* counted from now: -1 is yesterday */
  int to_days;             /* both 0: -1 and 30 */
  enum certificate_flaw flaw;
};

struct certificate {
  X509 *x509;
  EVP_PKEY *key;
};

/* Makes a key as a profile says. */
EVP_PKEY *certificate_key(const char *key);

/* Issues one for a new key; but keys of RSA are slow to make, and shared by
 * those of one length.  `issuer` may be NULL.  Aborts when it cannot. */
void certificate_issue(struct certificate *out,
                       const struct certificate_profile *profile,
                       const struct certificate *issuer);
void certificate_drop(struct certificate *certificate);

/* Frees the shared keys. */
void certificate_drop_keys(void);

/* Certificates of a table, each made when it is asked for first. */
struct certificates {
  const struct certificate_profile *profiles;
  struct certificate *made; /* as many */
  size_t count;
};

void certificates_open(struct certificates *certificates,
                       const struct certificate_profile *profiles,
                       size_t count);
void certificates_close(struct certificates *certificates);

/* Returns the certificate with that id, the first `length` bytes of a text;
 * aborts if the table has none. */
const struct certificate *certificates_find(struct certificates *certificates,
                                            const char *id, size_t length);

/* Appends one to a file, as PEM. */
bool certificate_write(const struct certificate *certificate, const char *path);

#endif
