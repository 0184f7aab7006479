/* SPDX-License-Identifier: MIT
 * Certificates: which of them are trusted, for which names, by lariat in all
 * of its ways and by a plain transfer of libcurl's. */
#include <openssl/ssl.h>

#include "support/tls_cases.h"
#include "support/tls_names.h"
#include "support/tls_profiles.h"

#define REFUSED .status = LARIAT_ECERTIFICATE, .phase = LARIAT_PHASE_TLS
#define FAILED .status = LARIAT_ETLS, .phase = LARIAT_PHASE_TLS
#define WEAK .weak_from = 2, REFUSED

static struct certificates certificates;

static void run(const struct tls_case *rows, size_t count) {
  tls_cases_run(&certificates, rows, count, false);
}

static void test_names(void) { run(tls_names, tls_names_count); }

static void test_dates(void) {
  static const struct tls_case rows[] = {
      {.name = "valid for long", .chain = "long"},
      {.name = "expired", .chain = "expired", REFUSED},
      {.name = "not yet valid", .chain = "early", REFUSED},
      {.name = "an authority that expired",
       .chain = "by-expired inter-expired",
       REFUSED},
      {.name = "an authority that is not yet valid",
       .chain = "by-early inter-early",
       REFUSED},
      {.name = "a root that expired", .chain = "by-expired-root", REFUSED},
  };
  run(rows, FIXTURE_COUNT(rows));
}

static void test_chains(void) {
  static const struct tls_case rows[] = {
      {.name = "one between", .chain = "by-1 inter"},
      {.name = "two between", .chain = "by-2 inter-2 inter"},
      {.name = "three between, and the root",
       .chain = "by-3 inter-3 inter-2 inter root"},
      {.name = "five between",
       .chain = "by-5 inter-5 inter-4 inter-3 inter-2 inter"},
      {.name = "out of order",
       .chain = "by-5 inter inter-4 inter-2 inter-5 inter-3"},
      {.name = "others as well", .chain = "by-1 inter-client rsa inter other"},
      {.name = "one twice", .chain = "by-1 inter inter"},
      {.name = "one between that is trusted", .chain = "by-trusted"},
      {.name = "the same, and it is sent", .chain = "by-trusted inter-trusted"},
      {.name = "self-signed, and trusted", .chain = "self-trusted"},
      {.name = "self-signed", .chain = "self-signed", REFUSED},
      {.name = "by one that is trusted, but is no authority",
       .chain = "by-self-trusted self-trusted",
       REFUSED},
      {.name = "by a root of version 1", .chain = "by-version-1"},
      {.name = "by a root that is no authority", .chain = "by-no-ca", REFUSED},
      {.name = "the one between is missing", .chain = "by-1", REFUSED},
      {.name = "one of three is missing",
       .chain = "by-3 inter-3 inter",
       REFUSED},
      {.name = "an unknown root", .chain = "by-unknown", REFUSED},
      {.name = "an unknown root that is sent",
       .chain = "by-unknown root-unknown",
       REFUSED},
      {.name = "a root of the same name, with another key",
       .chain = "by-same-name root-same-name",
       REFUSED},
      {.name = "by the certificate of a host",
       .chain = "by-good good",
       REFUSED},
      {.name = "as far as may be", .chain = "by-pathlen-0 inter-pathlen-0"},
      {.name = "as far as may be, one more",
       .chain = "by-below-1 below-1 inter-pathlen-1"},
      {.name = "farther than may be",
       .chain = "by-below-0 below-0 inter-pathlen-0",
       REFUSED},
      {.name = "a bad signature", .chain = "bad-signature", REFUSED},
      {.name = "a bad signature in the middle",
       .chain = "by-bad-signature inter-bad-signature",
       REFUSED},
  };
  run(rows, FIXTURE_COUNT(rows));
}

static void test_usage(void) {
  static const struct tls_case rows[] = {
      {.name = "for servers", .chain = "server"},
      {.name = "for both, critical", .chain = "both"},
      {.name = "for signatures", .chain = "signs"},
      {.name = "an authority's own", .chain = "authority"},
      {.name = "no basic constraints", .chain = "no-basic"},
      {.name = "version 1", .chain = "version-1"},
      {.name = "with a staple that does not come", .chain = "staple"},
      {.name = "for clients", .chain = "client", REFUSED},
      {.name = "for programs", .chain = "code", REFUSED},
      {.name = "for any purpose", .chain = "any-purpose", REFUSED},
      {.name = "to sign certificates", .chain = "signs-certificates", REFUSED},
      {.name = "to sign lists", .chain = "signs-lists", REFUSED},
      {.name = "critical and unknown", .chain = "critical", REFUSED},
      {.name = "an authority for servers", .chain = "by-server inter-server"},
      {.name = "an authority for clients",
       .chain = "by-client inter-client",
       REFUSED},
      {.name = "no authority", .chain = "by-inter-no-ca inter-no-ca", REFUSED},
      {.name = "an authority without basic constraints",
       .chain = "by-inter-no-basic inter-no-basic",
       REFUSED},
      {.name = "an authority that may not sign",
       .chain = "by-inter-no-sign inter-no-sign",
       REFUSED},
  };
  run(rows, FIXTURE_COUNT(rows));
}

static void test_constraints(void) {
  static const struct tls_case rows[] = {
      {.name = "a permitted name", .chain = "permitted inter-permits"},
      {.name = "below a permitted name",
       .chain = "permitted-below inter-permits",
       .host = "a.site.test"},
      {.name = "a permitted address",
       .chain = "permitted-ip inter-permits-ip",
       .host = "127.0.0.1"},
      {.name = "a name that is not excluded",
       .chain = "not-excluded inter-excludes",
       .host = "other.test"},
      {.name = "a name that is not permitted",
       .chain = "not-permitted inter-permits",
       .host = "other.test",
       REFUSED},
      {.name = "another name that is not permitted",
       .chain = "one-not-permitted inter-permits",
       REFUSED},
      {.name = "a common name that is not permitted",
       .chain = "name-not-permitted inter-permits",
       .host = "other.test",
       REFUSED},
      {.name = "an excluded name", .chain = "excluded inter-excludes", REFUSED},
      {.name = "an excluded address",
       .chain = "excluded-ip inter-excludes-ip",
       .host = "127.0.0.1",
       REFUSED},
  };
  run(rows, FIXTURE_COUNT(rows));
}

static void test_keys(void) {
  static const struct tls_case rows[] = {
      {.name = "RSA", .chain = "rsa"},
      {.name = "RSA-PSS", .chain = "pss"},
      {.name = "P-384", .chain = "p-384"},
      {.name = "P-521", .chain = "p-521"},
      {.name = "Ed25519", .chain = "ed25519"},
      {.name = "Ed25519 over TLS 1.2",
       .chain = "ed25519",
       .script = {.max_version = TLS1_2_VERSION}},
      {.name = "Ed448", .chain = "ed448"},
      {.name = "SHA-384", .chain = "sha384"},
      {.name = "SHA-512", .chain = "sha512"},
      {.name = "signed by RSA", .chain = "by-rsa"},
      {.name = "signed by RSA with PSS", .chain = "signed-pss"},
      {.name = "signed by RSA-PSS", .chain = "by-pss"},
      {.name = "signed by Ed25519", .chain = "by-ed25519"},
      {.name = "an authority with RSA", .chain = "by-inter-rsa inter-rsa"},
      {.name = "a root that signed itself with SHA-1", .chain = "by-sha1"},
      {.name = "RSA of 1024 bits", .chain = "rsa1024", WEAK},
      {.name = "an authority with RSA of 1024 bits",
       .chain = "by-inter-rsa1024 inter-rsa1024",
       WEAK},
      {.name = "a root with RSA of 1024 bits", .chain = "by-rsa1024", WEAK},
      {.name = "SHA-1", .chain = "sha1", WEAK},
      {.name = "SHA-1 by RSA", .chain = "sha1-rsa", WEAK},
      {.name = "MD5", .chain = "md5-rsa", WEAK},
      {.name = "an authority by SHA-1",
       .chain = "by-inter-sha1 inter-sha1",
       WEAK},
      {.name = "P-192", .chain = "p-192", FAILED},
      {.name = "P-224", .chain = "p-224", FAILED},
      {.name = "secp256k1", .chain = "secp256k1", FAILED},
  };
  run(rows, FIXTURE_COUNT(rows));
}

/* Where nothing is verified all of these are as good as others; what TLS itself
 * refuses is refused. */
static void test_insecure(void) {
  static const struct tls_case rows[] = {
      {.name = "insecure: expired", .chain = "expired"},
      {.name = "insecure: another name", .chain = "other"},
      {.name = "insecure: self-signed", .chain = "self-signed"},
      {.name = "insecure: an unknown root", .chain = "by-unknown"},
      {.name = "insecure: for clients", .chain = "client"},
      {.name = "insecure: a bad signature", .chain = "bad-signature"},
      {.name = "insecure: another address",
       .chain = "ip-other",
       .host = "127.0.0.1"},
      {.name = "insecure: a key that nobody takes",
       .chain = "secp256k1",
       FAILED},
  };
  tls_cases_run(&certificates, rows, FIXTURE_COUNT(rows), true);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"names", test_names},
      {"dates", test_dates},
      {"chains", test_chains},
      {"usage", test_usage},
      {"constraints", test_constraints},
      {"keys", test_keys},
      {"insecure", test_insecure},
  };
  tls_profiles_open(&certificates);
  int failed =
      fixture_main("tls_certificates", tests, FIXTURE_COUNT(tests), argc, argv);
  tls_profiles_close(&certificates);
  return failed;
}
