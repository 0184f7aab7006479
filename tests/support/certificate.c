/* SPDX-License-Identifier: MIT
 * See certificate.h. */
#define _GNU_SOURCE
#include "support/certificate.h"

#include <openssl/bn.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  DAY_S = 24 * 60 * 60,
  VALID_DAYS = 30,
  SHARED_KEYS = 8,
  CHAIN_MOST = 128
};

static void require(bool done, const char *what) {
  if (done) return;
  fprintf(stderr, "certificates: cannot make %s\n", what);
  abort();
}

/* ---- Keys ---- */

static struct {
  char kind[32];
  EVP_PKEY *key;
} shared[SHARED_KEYS];

static EVP_PKEY *make_key(const char *kind) {
  char algorithm[32];
  EVP_PKEY *key = NULL;
  const char *detail = strchr(kind, ':');
  snprintf(algorithm, sizeof algorithm, "%.*s",
           (int)(detail ? detail - kind : (int)strlen(kind)), kind);
  EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, algorithm, NULL);
  require(context && EVP_PKEY_keygen_init(context) > 0, kind);
  if (detail && strcmp(algorithm, "EC") == 0)
    require(EVP_PKEY_CTX_set_group_name(context, detail + 1) > 0, kind);
  else if (detail)
    require(EVP_PKEY_CTX_set_rsa_keygen_bits(
                context, (int)strtol(detail + 1, NULL, 10)) > 0,
            kind);
  require(EVP_PKEY_generate(context, &key) > 0, kind);
  EVP_PKEY_CTX_free(context);
  return key;
}

EVP_PKEY *certificate_key(const char *kind) {
  if (!kind) kind = "EC:P-256";
  if (strncmp(kind, "RSA", 3) != 0) return make_key(kind);
  for (size_t i = 0; i < SHARED_KEYS; i++) {
    if (!shared[i].key) {
      shared[i].key = make_key(kind);
      snprintf(shared[i].kind, sizeof shared[i].kind, "%s", kind);
    }
    if (strcmp(shared[i].kind, kind) != 0) continue;
    EVP_PKEY_up_ref(shared[i].key);
    return shared[i].key;
  }
  abort();
}

void certificate_drop_keys(void) {
  for (size_t i = 0; i < SHARED_KEYS; i++) {
    EVP_PKEY_free(shared[i].key);
    shared[i].key = NULL;
  }
}

/* ---- Contents ---- */

static void set_serial(X509 *x509) {
  unsigned char bytes[8];
  require(RAND_bytes(bytes, sizeof bytes) == 1, "a serial number");
  bytes[0] = (unsigned char)((bytes[0] & 0x3f) | 0x40); /* positive, not 0 */
  BIGNUM *number = BN_bin2bn(bytes, sizeof bytes, NULL);
  require(number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x509)),
          "a serial number");
  BN_free(number);
}

static void set_times(X509 *x509, const struct certificate_profile *profile) {
  bool told = profile->from_days || profile->to_days;
  int from = told ? profile->from_days : -1;
  int to = told ? profile->to_days : VALID_DAYS;
  require(X509_time_adj_ex(X509_getm_notBefore(x509), from, 0, NULL) &&
              X509_time_adj_ex(X509_getm_notAfter(x509), to, 0, NULL),
          "dates");
}

static void set_subject(X509 *x509, const struct certificate_profile *profile) {
  const char *name = profile->name ? profile->name : profile->id;
  X509_NAME *subject = X509_get_subject_name(x509);
  if (name[0])
    require(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                                       (const unsigned char *)name, -1, -1,
                                       0) == 1,
            name);
}

static void add_text(X509 *x509, X509 *issuer, int nid, const char *text) {
  X509V3_CTX context;
  if (!text || !text[0]) return;
  X509V3_set_ctx(&context, issuer, x509, NULL, NULL, 0);
  X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, text);
  require(extension && X509_add_ext(x509, extension, -1) == 1, text);
  X509_EXTENSION_free(extension);
}

/* Adds a name of DNS with a NUL in it. */
static void add_nul_name(X509 *x509, const char *text) {
  char bytes[128];
  if (!text) return;
  size_t length = strlen(text);
  require(length < sizeof bytes, text);
  memcpy(bytes, text, length);
  *(char *)memchr(bytes, '|', length) = '\0';
  ASN1_IA5STRING *string = ASN1_IA5STRING_new();
  GENERAL_NAME *name = GENERAL_NAME_new();
  GENERAL_NAMES *names = GENERAL_NAMES_new();
  require(ASN1_STRING_set(string, bytes, (int)length) == 1, text);
  GENERAL_NAME_set0_value(name, GEN_DNS, string);
  sk_GENERAL_NAME_push(names, name);
  require(X509_add1_ext_i2d(x509, NID_subject_alt_name, names, 0, 0) == 1,
          text);
  GENERAL_NAMES_free(names);
}

static void add_unknown_critical(X509 *x509) {
  static const unsigned char null_value[] = {5, 0};
  ASN1_OBJECT *object = OBJ_txt2obj("1.3.6.1.4.1.99999.1", 1);
  ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
  ASN1_OCTET_STRING_set(value, null_value, sizeof null_value);
  X509_EXTENSION *extension =
      X509_EXTENSION_create_by_OBJ(NULL, object, 1, value);
  require(extension && X509_add_ext(x509, extension, -1) == 1, "an extension");
  X509_EXTENSION_free(extension);
  ASN1_OCTET_STRING_free(value);
  ASN1_OBJECT_free(object);
}

static void add_extensions(X509 *x509, X509 *issuer,
                           const struct certificate_profile *profile) {
  const char *basic =
      profile->authority ? "critical,CA:TRUE" : "critical,CA:FALSE";
  const char *usage = profile->authority ? "critical,keyCertSign,cRLSign" : "";
  if (profile->flaw == CERTIFICATE_VERSION_1) return;
  if (profile->flaw == CERTIFICATE_UNKNOWN_CRITICAL) add_unknown_critical(x509);
  add_text(x509, issuer, NID_basic_constraints,
           profile->basic ? profile->basic : basic);
  add_text(x509, issuer, NID_key_usage,
           profile->usage ? profile->usage : usage);
  add_text(x509, issuer, NID_ext_key_usage, profile->purposes);
  add_text(x509, issuer, NID_subject_alt_name, profile->alt_names);
  add_text(x509, issuer, NID_name_constraints, profile->constraints);
  add_text(x509, issuer, NID_tlsfeature, profile->feature);
  add_text(x509, issuer, NID_subject_key_identifier, "hash");
  if (profile->issuer && X509_get0_subject_key_id(issuer))
    add_text(x509, issuer, NID_authority_key_identifier, "keyid");
  add_nul_name(x509, profile->nul_name);
}

/* ---- Signing ---- */

/* Keys of Edwards curves have a hash of their own. */
static const EVP_MD *hash_for(EVP_PKEY *key, const char *hash) {
  int kind = EVP_PKEY_get_base_id(key);
  if (kind == EVP_PKEY_ED25519 || kind == EVP_PKEY_ED448) return NULL;
  return EVP_get_digestbyname(hash ? hash : "SHA256");
}

static void sign_with_pss(X509 *x509, EVP_PKEY *key, const char *hash) {
  EVP_PKEY_CTX *padding = NULL;
  EVP_MD_CTX *context = EVP_MD_CTX_new();
  require(EVP_DigestSignInit(context, &padding, EVP_get_digestbyname(hash),
                             NULL, key) == 1 &&
              EVP_PKEY_CTX_set_rsa_padding(padding, RSA_PKCS1_PSS_PADDING) >
                  0 &&
              EVP_PKEY_CTX_set_rsa_pss_saltlen(padding, RSA_PSS_SALTLEN_DIGEST),
          "a signature");
  require(X509_sign_ctx(x509, context) > 0, "a signature");
  EVP_MD_CTX_free(context);
}

static void sign(X509 *x509, EVP_PKEY *key, const char *hash) {
  if (hash && strncmp(hash, "PSS:", 4) == 0)
    sign_with_pss(x509, key, hash + 4);
  else
    require(X509_sign(x509, key, hash_for(key, hash)) > 0, "a signature");
}

/* Changes the last bit: the form stays that of a signature. */
static void spoil_signature(X509 *x509) {
  const ASN1_BIT_STRING *signature = NULL;
  X509_get0_signature(&signature, NULL, x509);
  signature->data[signature->length - 1] ^= 1;
}

void certificate_issue(struct certificate *out,
                       const struct certificate_profile *profile,
                       const struct certificate *issuer) {
  X509 *x509 = X509_new();
  out->key = certificate_key(profile->key);
  out->x509 = x509;
  if (!issuer) issuer = out;
  bool first_version = profile->flaw == CERTIFICATE_VERSION_1;
  require(x509 && X509_set_version(x509, first_version ? 0 : 2) == 1 &&
              X509_set_pubkey(x509, out->key) == 1,
          profile->id);
  set_serial(x509);
  set_times(x509, profile);
  set_subject(x509, profile);
  X509_set_issuer_name(x509, X509_get_subject_name(issuer->x509));
  add_extensions(x509, issuer->x509, profile);
  sign(x509, issuer->key, profile->hash);
  if (profile->flaw == CERTIFICATE_BAD_SIGNATURE) spoil_signature(x509);
}

void certificate_drop(struct certificate *certificate) {
  X509_free(certificate->x509);
  EVP_PKEY_free(certificate->key);
  *certificate = (struct certificate){0};
}

/* ---- Tables ---- */

void certificates_open(struct certificates *certificates,
                       const struct certificate_profile *profiles,
                       size_t count) {
  certificates->profiles = profiles;
  certificates->count = count;
  certificates->made = calloc(count, sizeof *certificates->made);
  require(certificates->made != NULL, "a table");
}

void certificates_close(struct certificates *certificates) {
  for (size_t i = 0; i < certificates->count; i++)
    certificate_drop(&certificates->made[i]);
  free(certificates->made);
  certificate_drop_keys();
}

static size_t find_profile(const struct certificates *certificates,
                           const char *id, size_t length) {
  for (size_t i = 0; i < certificates->count; i++) {
    const char *known = certificates->profiles[i].id;
    if (strncmp(known, id, length) == 0 && !known[length]) return i;
  }
  require(false, id);
  return 0;
}

/* Issuers are made first: each is in a column of the row that needs it. */
const struct certificate *certificates_find(struct certificates *certificates,
                                            const char *id, size_t length) {
  size_t waiting[CHAIN_MOST];
  size_t depth = 0;
  const struct certificate *issuer = NULL;
  size_t wanted = find_profile(certificates, id, length);
  for (size_t at = wanted; !certificates->made[at].x509;) {
    const char *by = certificates->profiles[at].issuer;
    require(depth < CHAIN_MOST, "a chain of that length");
    waiting[depth++] = at;
    if (!by) break;
    at = find_profile(certificates, by, strlen(by));
    issuer = &certificates->made[at];
  }
  while (depth > 0) {
    size_t at = waiting[--depth];
    const char *by = certificates->profiles[at].issuer;
    issuer =
        by ? &certificates->made[find_profile(certificates, by, strlen(by))]
           : NULL;
    certificate_issue(&certificates->made[at], &certificates->profiles[at],
                      issuer);
  }
  return &certificates->made[wanted];
}

bool certificate_write(const struct certificate *certificate,
                       const char *path) {
  FILE *file = fopen(path, "ae");
  if (!file) return false;
  bool written = PEM_write_X509(file, certificate->x509) == 1;
  return fclose(file) == 0 && written;
}
