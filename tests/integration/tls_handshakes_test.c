/* SPDX-License-Identifier: MIT
 * Handshakes: versions, ciphers, groups, protocols and names that are agreed on
 * or not, and handshakes that end early or with an alert, by lariat in all of
 * its ways and by a plain transfer of libcurl's. */
#include <openssl/ssl.h>

#include "support/tls_cases.h"
#include "support/tls_profiles.h"

#define FAILED .status = LARIAT_ETLS, .phase = LARIAT_PHASE_TLS
#define ONLY_12 .min_version = TLS1_2_VERSION, .max_version = TLS1_2_VERSION
#define ONLY_13 .min_version = TLS1_3_VERSION, .max_version = TLS1_3_VERSION
#define SAYS(text) .handshake = {.says = TLS_BYTES(text)}
#define ALERT(number) "\x15\x03\x03\x00\x02\x02" number

/* The server's records: of TLS 1.2 ServerHello, Certificate,
 * ServerKeyExchange, ServerHelloDone, and then the ticket, ChangeCipherSpec,
 * Finished; of 1.3 ServerHello, ChangeCipherSpec, EncryptedExtensions,
 * Certificate, CertificateVerify, Finished. */
#define CUT(at, number) .handshake = {.flight = (at), .record = (number)}
#define CUT_IN(at, number)                                                     \
  .handshake = {.flight = (at), .record = (number), .inside = true}

static struct certificates certificates;

static void run(const struct tls_case *rows, size_t count) {
  tls_cases_run(&certificates, rows, count, false);
}

static void test_versions(void) {
  static const struct tls_case rows[] = {
      {.name = "any version", .sni = "site.test"},
      {.name = "TLS 1.2 only", .script = {ONLY_12}},
      {.name = "TLS 1.3 only", .script = {ONLY_13}},
      {.name = "TLS 1.0 to 1.2", .script = {.max_version = TLS1_2_VERSION}},
      {.name = "TLS 1.0 only",
       .script = {.min_version = TLS1_VERSION, .max_version = TLS1_VERSION},
       FAILED},
      {.name = "TLS 1.1 only",
       .script = {.min_version = TLS1_1_VERSION, .max_version = TLS1_1_VERSION},
       FAILED},
      {.name = "TLS 1.0 and 1.1",
       .script = {.min_version = TLS1_VERSION, .max_version = TLS1_1_VERSION},
       FAILED},
      {.name = "TLS 1.2 with sessions that the server keeps",
       .script = {ONLY_12, .tickets = TLS_SESSION_IDS}},
      {.name = "TLS 1.3 without tickets",
       .script = {ONLY_13, .tickets = TLS_TICKETS_NONE}},
      {.name = "TLS 1.2 without sessions",
       .script = {ONLY_12, .tickets = TLS_TICKETS_NONE}},
  };
  run(rows, FIXTURE_COUNT(rows));
}

static void test_ciphers(void) {
  static const struct tls_case rows[] = {
      {.name = "AES-256 of TLS 1.3",
       .script = {ONLY_13, .suites = "TLS_AES_256_GCM_SHA384"}},
      {.name = "ChaCha20 of TLS 1.3",
       .script = {ONLY_13, .suites = "TLS_CHACHA20_POLY1305_SHA256"}},
      {.name = "AES-128 of TLS 1.3",
       .script = {ONLY_13, .suites = "TLS_AES_128_GCM_SHA256"}},
      {.name = "GCM of TLS 1.2",
       .script = {ONLY_12, .ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256"}},
      {.name = "ChaCha20 of TLS 1.2",
       .script = {ONLY_12, .ciphers = "ECDHE-ECDSA-CHACHA20-POLY1305"}},
      {.name = "CBC", .script = {ONLY_12, .ciphers = "ECDHE-ECDSA-AES128-SHA"}},
      {.name = "CBC with SHA-384",
       .script = {ONLY_12, .ciphers = "ECDHE-ECDSA-AES256-SHA384"}},
      {.name = "an RSA key exchange",
       .chain = "rsa",
       .script = {ONLY_12, .ciphers = "AES128-GCM-SHA256"}},
      {.name = "Diffie-Hellman",
       .chain = "rsa",
       .script = {ONLY_12, .ciphers = "DHE-RSA-AES128-GCM-SHA256"}},
      {.name = "no cipher",
       .script = {ONLY_12, .ciphers = "ECDHE-ECDSA-NULL-SHA:@SECLEVEL=0"},
       FAILED},
      {.name = "a cipher for another key",
       .script = {ONLY_12, .ciphers = "ECDHE-RSA-AES128-GCM-SHA256"},
       FAILED},
      {.name = "an anonymous cipher",
       .script = {ONLY_12, .ciphers = "AECDH-AES128-SHA:@SECLEVEL=0"},
       FAILED},
      {.name = "a suite that is not offered",
       .script = {ONLY_13, .suites = "TLS_AES_128_CCM_SHA256"},
       FAILED},
      {.name = "P-256", .script = {.groups = "P-256"}},
      {.name = "X25519 of TLS 1.2", .script = {ONLY_12, .groups = "X25519"}},
      {.name = "a second ClientHello", .script = {ONLY_13, .groups = "P-384"}},
      {.name = "a second ClientHello for X448",
       .script = {ONLY_13, .groups = "X448"}},
      {.name = "a group that is not offered",
       .script = {ONLY_13, .groups = "brainpoolP256r1:P-224"},
       FAILED},
      {.name = "a group that is not offered, TLS 1.2",
       .script = {ONLY_12, .groups = "P-224",
                  .ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256"},
       FAILED},
      {.name = "an algorithm that is not offered",
       .script = {ONLY_12, .algorithms = "ECDSA+SHA1"},
       FAILED},
  };
  run(rows, FIXTURE_COUNT(rows));
}

static void test_protocols(void) {
  static const struct tls_case rows[] = {
      {.name = "HTTP/1.1 is chosen", .script = {.alpn = "http/1.1"}},
      {.name = "HTTP/1.1 is chosen, TLS 1.2",
       .script = {ONLY_12, .alpn = "http/1.1"}},
      {.name = "HTTP/2 if it is offered", .script = {.alpn = "h2"}, .h2 = true},
      {.name = "HTTP/2 if it is offered, TLS 1.2",
       .script = {ONLY_12, .alpn = "h2"},
       .h2 = true},
      {.name = "no protocol will do", .script = {.alpn = "-"}, FAILED},
      {.name = "no protocol will do, TLS 1.2",
       .script = {ONLY_12, .alpn = "-"},
       FAILED},
      {.name = "a protocol that is never offered",
       .script = {ONLY_13, .alpn = "!h3"},
       FAILED},
      {.name = "a protocol that is never offered, TLS 1.2",
       .script = {ONLY_12, .alpn = "!h3"},
       FAILED},
      {.name = "HTTP/1.0, which is not offered",
       .script = {ONLY_13, .alpn = "!http/1.0"},
       FAILED},
      {.name = "HTTP/2, offered or not",
       .script = {ONLY_13, .alpn = "!h2"},
       FAILED,
       .h2 = true},
      {.name = "HTTP/2, offered or not, TLS 1.2",
       .script = {ONLY_12, .alpn = "!h2"},
       FAILED,
       .h2 = true},
      {.name = "the name is unknown",
       .script = {.name_answer = TLS_NAME_FATAL},
       FAILED,
       .sni = "site.test"},
      {.name = "the name is unknown, a warning",
       .script = {ONLY_12, .name_answer = TLS_NAME_WARNING}},
      {.name = "the name is unknown, of an address",
       .chain = "ip",
       .host = "127.0.0.1",
       .sni = "",
       .script = {ONLY_12}},
  };
  run(rows, FIXTURE_COUNT(rows));
}

static void test_client_certificates(void) {
  static const struct tls_case rows[] = {
      {.name = "a certificate is welcome",
       .script = {.verify = SSL_VERIFY_PEER}},
      {.name = "a certificate is welcome, TLS 1.2",
       .script = {ONLY_12, .verify = SSL_VERIFY_PEER}},
      {.name = "a certificate is required",
       .script = {.verify = SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT},
       FAILED},
      {.name = "a certificate is required, TLS 1.2",
       .script = {ONLY_12,
                  .verify = SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT},
       FAILED},
  };
  run(rows, FIXTURE_COUNT(rows));
}

/* What is no handshake, and alerts in the place of its first record. */
static void test_other_answers(void) {
  static const struct tls_case rows[] = {
      {.name = "HTTP",
       .script = {SAYS(
           "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")},
       FAILED},
      {.name = "HTTP, at once",
       .script = {.handshake = {.says = TLS_BYTES("HTTP/1.1 200 OK\r\n\r\n"),
                                .at_once = true}},
       FAILED},
      {.name = "SSH",
       .script = {.handshake = {.says = TLS_BYTES("SSH-2.0-OpenSSH_9.2p1\r\n"),
                                .at_once = true}},
       FAILED},
      {.name = "SMTP",
       .script = {.handshake = {.says = TLS_BYTES("220 mail ESMTP\r\n"),
                                .at_once = true}},
       FAILED},
      {.name = "zeros", .script = {SAYS("\0\0\0\0\0\0\0\0\0\0\0")}, FAILED},
      {.name = "nothing", .script = {.handshake = {.silent = true}}, FAILED},
      {.name = "nothing, broken",
       .script = {.handshake = {.silent = true}, .end = TLS_RESET},
       FAILED},
      {.name = "an empty record", .script = {SAYS("\x16\x03\x03\0\0")}, FAILED},
      {.name = "half of a record's head",
       .script = {SAYS("\x16\x03\x03")},
       FAILED},
      {.name = "data instead of a handshake",
       .script = {SAYS("\x17\x03\x03\0\1x")},
       FAILED},
      {.name = "SSL 3", .script = {SAYS("\x15\x03\0\0\2\2\x28")}, FAILED},
      {.name = "handshake_failure", .script = {SAYS(ALERT("\x28"))}, FAILED},
      {.name = "bad_certificate", .script = {SAYS(ALERT("\x2a"))}, FAILED},
      {.name = "certificate_expired",
       .script = {SAYS(ALERT("\x2d"))},
       .status = LARIAT_ECERTIFICATE,
       .phase = LARIAT_PHASE_TLS},
      {.name = "unknown_ca", .script = {SAYS(ALERT("\x30"))}, FAILED},
      {.name = "access_denied", .script = {SAYS(ALERT("\x31"))}, FAILED},
      {.name = "decode_error", .script = {SAYS(ALERT("\x32"))}, FAILED},
      {.name = "protocol_version", .script = {SAYS(ALERT("\x46"))}, FAILED},
      {.name = "insufficient_security",
       .script = {SAYS(ALERT("\x47"))},
       FAILED},
      {.name = "internal_error", .script = {SAYS(ALERT("\x50"))}, FAILED},
      {.name = "unrecognized_name", .script = {SAYS(ALERT("\x70"))}, FAILED},
      {.name = "certificate_required", .script = {SAYS(ALERT("\x74"))}, FAILED},
      {.name = "no_application_protocol",
       .script = {SAYS(ALERT("\x78"))},
       FAILED},
      {.name = "an alert of no kind", .script = {SAYS(ALERT("\xc8"))}, FAILED},
      {.name = "close_notify",
       .script = {SAYS("\x15\x03\x03\0\2\1\0")},
       FAILED},
  };
  run(rows, FIXTURE_COUNT(rows));
}

static void test_cuts(void) {
  static const struct tls_case rows[] = {
      {.name = "in ServerHello", .script = {ONLY_13, CUT_IN(1, 1)}, FAILED},
      {.name = "in ServerHello, broken",
       .script = {ONLY_13, CUT_IN(1, 1), .end = TLS_RESET},
       FAILED},
      {.name = "after ServerHello", .script = {ONLY_13, CUT(1, 2)}, FAILED},
      {.name = "in EncryptedExtensions",
       .script = {ONLY_13, CUT_IN(1, 3)},
       FAILED},
      {.name = "before Certificate", .script = {ONLY_13, CUT(1, 4)}, FAILED},
      {.name = "in Certificate", .script = {ONLY_13, CUT_IN(1, 4)}, FAILED},
      {.name = "in Certificate, broken",
       .script = {ONLY_13, CUT_IN(1, 4), .end = TLS_RESET},
       FAILED},
      {.name = "in CertificateVerify",
       .script = {ONLY_13, CUT_IN(1, 5)},
       FAILED},
      {.name = "before Finished", .script = {ONLY_13, CUT(1, 6)}, FAILED},
      {.name = "in Finished", .script = {ONLY_13, CUT_IN(1, 6)}, FAILED},
      {.name = "in Finished, broken",
       .script = {ONLY_13, CUT_IN(1, 6), .end = TLS_RESET},
       FAILED},
      {.name = "in ServerHello, TLS 1.2",
       .script = {ONLY_12, CUT_IN(1, 1)},
       FAILED},
      {.name = "in Certificate, TLS 1.2",
       .script = {ONLY_12, CUT_IN(1, 2)},
       FAILED},
      {.name = "in Certificate, TLS 1.2, broken",
       .script = {ONLY_12, CUT_IN(1, 2), .end = TLS_RESET},
       FAILED},
      {.name = "in ServerKeyExchange",
       .script = {ONLY_12, CUT_IN(1, 3)},
       FAILED},
      {.name = "before ServerHelloDone",
       .script = {ONLY_12, CUT(1, 4)},
       FAILED},
      {.name = "before the ticket, TLS 1.2",
       .script = {ONLY_12, CUT(2, 1)},
       FAILED},
      {.name = "before ChangeCipherSpec",
       .script = {ONLY_12, CUT(2, 2)},
       FAILED},
      {.name = "an alert after ServerHello",
       .script = {ONLY_12, .handshake = {.flight = 1,
                                         .record = 2,
                                         .says = TLS_BYTES(ALERT("\x28"))}},
       FAILED},
      {.name = "an alert that is not encrypted",
       .script = {ONLY_13, .handshake = {.flight = 1,
                                         .record = 3,
                                         .says = TLS_BYTES(ALERT("\x28"))}},
       FAILED},
      /* The client has a connection then. */
      {.name = "before the tickets",
       .script = {ONLY_13, CUT(2, 1)},
       .status = LARIAT_EEMPTY,
       .phase = LARIAT_PHASE_FIRST_BYTE},
      {.name = "in a ticket",
       .script = {ONLY_13, CUT_IN(2, 1)},
       .status = LARIAT_EEMPTY,
       .phase = LARIAT_PHASE_FIRST_BYTE},
  };
  run(rows, FIXTURE_COUNT(rows));
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"versions", test_versions},
      {"ciphers and groups", test_ciphers},
      {"protocols", test_protocols},
      {"client certificates", test_client_certificates},
      {"other answers", test_other_answers},
      {"cuts", test_cuts},
  };
  tls_profiles_open(&certificates);
  int failed =
      fixture_main("tls_handshakes", tests, FIXTURE_COUNT(tests), argc, argv);
  tls_profiles_close(&certificates);
  return failed;
}
