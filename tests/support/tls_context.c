/* SPDX-License-Identifier: MIT
 * tls_context.c: what a script says of the handshake, as OpenSSL's server takes
 * it. */
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/tls_server_private.h"

enum { TICKET_KEY_BYTES = 80 };

static void require(bool done, const char *what) {
  if (done) return;
  fprintf(stderr, "tls_server: cannot set %s\n", what);
  abort();
}

/* ---- Names and protocols ---- */

static int note_name(SSL *ssl, int *alert, void *context) {
  struct tls_server *server = context;
  const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  pthread_mutex_lock(&server->lock);
  if (name && !server->seen.name[0])
    snprintf(server->seen.name, sizeof server->seen.name, "%s", name);
  pthread_mutex_unlock(&server->lock);
  *alert = SSL_AD_UNRECOGNIZED_NAME;
  switch (server->script->name_answer) {
  case TLS_NAME_WARNING:
    return SSL_TLSEXT_ERR_ALERT_WARNING;
  case TLS_NAME_FATAL:
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  default:
    return SSL_TLSEXT_ERR_OK;
  }
}

static bool is_offered(const unsigned char *list, unsigned length,
                       const char *name) {
  size_t wanted = strlen(name);
  for (unsigned i = 0; i < length; i += 1u + list[i])
    if (list[i] == wanted && memcmp(list + i + 1, name, wanted) == 0)
      return true;
  return false;
}

static int choose_protocol(SSL *ssl, const unsigned char **out,
                           unsigned char *out_length, const unsigned char *list,
                           unsigned length, void *context) {
  struct tls_server *server = context;
  struct tls_peer *peer = SSL_get_app_data(ssl);
  const char *wanted = server->script->alpn;
  bool h2 = is_offered(list, length, "h2");
  pthread_mutex_lock(&server->lock);
  server->seen.offered_h2 |= h2;
  pthread_mutex_unlock(&server->lock);
  if (!wanted) return SSL_TLSEXT_ERR_NOACK;
  if (wanted[0] == '-') return SSL_TLSEXT_ERR_ALERT_FATAL;
  bool forced = wanted[0] == '!';
  if (forced) wanted++;
  if (!forced && !is_offered(list, length, wanted)) wanted = "http/1.1";
  peer->h2 = h2 && strcmp(wanted, "h2") == 0;
  *out = (const unsigned char *)wanted;
  *out_length = (unsigned char)strlen(wanted);
  return SSL_TLSEXT_ERR_OK;
}

/* ---- Secrets ---- */

static unsigned char digit_of(char digit) {
  return (unsigned char)(digit <= '9' ? digit - '0' : (digit | 32) - 'a' + 10);
}

/* Keeps the secret of "SERVER_TRAFFIC_SECRET_0 RANDOM SECRET", in hex. */
static void note_secret(const SSL *ssl, const char *line) {
  static const char label[] = "SERVER_TRAFFIC_SECRET_0 ";
  struct tls_peer *peer = SSL_get_app_data(ssl);
  const char *digits = strrchr(line, ' ') + 1;
  if (strncmp(line, label, sizeof label - 1) != 0) return;
  if (strlen(digits) != 2 * sizeof peer->secret) return;
  for (size_t i = 0; i < sizeof peer->secret; i++)
    peer->secret[i] = (unsigned char)(digit_of(digits[2 * i]) << 4 |
                                      digit_of(digits[2 * i + 1]));
}

/* ---- The context ---- */

static void set_certificate(SSL_CTX *context,
                            const struct certificate *const *chain,
                            size_t count) {
  require(SSL_CTX_use_certificate(context, chain[0]->x509) == 1 &&
              SSL_CTX_use_PrivateKey(context, chain[0]->key) == 1,
          "the certificate");
  for (size_t i = 1; i < count; i++)
    require(SSL_CTX_add1_chain_cert(context, chain[i]->x509) == 1, "the chain");
}

/* OpenSSL's macros for lists of names cast `const` away. */
static void set_list(SSL_CTX *context, int command, const char *names) {
  char copy[256];
  snprintf(copy, sizeof copy, "%s", names);
  require(SSL_CTX_ctrl(context, command, 0, copy) == 1, names);
}

static void set_choices(SSL_CTX *context, const struct tls_script *script) {
  const char *ciphers = script->ciphers ? script->ciphers : "ALL:@SECLEVEL=0";
  const char *suites = script->suites;
  if (script->by_hand) {
    ciphers = TLS_RECORDS_CIPHER;
    suites = TLS_RECORDS_SUITE;
  }
  require(SSL_CTX_set_cipher_list(context, ciphers) == 1, ciphers);
  SSL_CTX_set_security_level(context, 0);
  SSL_CTX_set_dh_auto(context, 1);
  if (suites) require(SSL_CTX_set_ciphersuites(context, suites) == 1, suites);
  if (script->groups)
    set_list(context, SSL_CTRL_SET_GROUPS_LIST, script->groups);
  if (script->algorithms)
    set_list(context, SSL_CTRL_SET_SIGALGS_LIST, script->algorithms);
  require(SSL_CTX_set_min_proto_version(context, script->min_version
                                                     ? script->min_version
                                                     : TLS1_VERSION) == 1 &&
              SSL_CTX_set_max_proto_version(context, script->max_version) == 1,
          "the version");
}

static void set_sessions(SSL_CTX *context, const struct tls_script *script) {
  bool none = script->by_hand || script->tickets == TLS_TICKETS_NONE;
  static const unsigned char id[] = "test";
  SSL_CTX_set_session_id_context(context, id, sizeof id);
  if (none || script->tickets == TLS_SESSION_IDS)
    SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
  if (!none) return;
  SSL_CTX_set_num_tickets(context, 0);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
}

SSL_CTX *tls_context_new(struct tls_server *server,
                         const struct certificate *const *chain, size_t count) {
  const struct tls_script *script = server->script;
  SSL_CTX *context = SSL_CTX_new(TLS_server_method());
  require(context != NULL, "anything");
  set_choices(context, script);
  set_sessions(context, script);
  set_certificate(context, chain, count);
  SSL_CTX_set_max_cert_list(context, 1 << 20);
  if (script->verify) SSL_CTX_set_verify(context, script->verify, NULL);
  if (script->padding) SSL_CTX_set_block_padding(context, script->padding);
  SSL_CTX_set_tlsext_servername_callback(context, note_name);
  SSL_CTX_set_tlsext_servername_arg(context, server);
  SSL_CTX_set_alpn_select_cb(context, choose_protocol, server);
  SSL_CTX_set_keylog_callback(context, note_secret);
  return context;
}
