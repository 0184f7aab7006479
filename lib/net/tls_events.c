/* SPDX-License-Identifier: MIT
 * tls_events.c: OpenSSL's callbacks for alerts and certificates. */
#include "net/tls_events.h"

#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <pthread.h>

#include "base/attributes.h"
#include "base/memory.h"
#include "net/tls_sessions.h"

static int context_index = -1;
static pthread_once_t index_once = PTHREAD_ONCE_INIT;

static void release_with_context(void *parent, void *record,
                                 CRYPTO_EX_DATA *data, int index, long argument,
                                 void *pointer) {
  (void)parent;
  (void)data;
  (void)index;
  (void)argument;
  (void)pointer;
  lr_tls_events_release(record);
}

static void make_index(void) {
  context_index =
      SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, release_with_context);
}

lr_tls_events *lr_tls_events_of(const void *ssl) {
  return context_index < 0
             ? NULL
             : SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), context_index);
}

/* Notes an alert of the server's: its level and what it is are two bytes of
 * `value`. */
static void note_received(lr_tls_events *events, int value) {
  if ((value & 0xff) == SSL_AD_CLOSE_NOTIFY)
    events->closed = true;
  else if (value >> 8 == SSL3_AL_FATAL)
    events->alert = (uint8_t)value;
}

/* Notes that an alert to the server was for its certificate.  OpenSSL's first
 * error, by which libcurl names the failure, may be about something else: of a
 * bad signature it is the encoding's. */
static LR_COLD void note_sent(const SSL *ssl, lr_tls_events *events,
                              int value) {
  if (value >> 8 == SSL3_AL_FATAL && SSL_get_verify_mode(ssl) & SSL_VERIFY_PEER)
    events->refused = (int)SSL_get_verify_result(ssl);
}

static void note_alert(const SSL *ssl, int where, int value) {
  lr_tls_events *events = where & SSL_CB_ALERT ? lr_tls_events_of(ssl) : NULL;
  if (!events) return;
  if (where & SSL_CB_READ)
    note_received(events, value);
  else
    note_sent(ssl, events, value);
}

/* Follows what OpenSSL tells.  A session can only be set when the handshake
 * begins: libcurl makes the SSL behind its callback for the context. */
static void follow_handshake(const SSL *ssl, int where, int value) {
  if (where == SSL_CB_HANDSHAKE_START)
    lr_tls_sessions_resume((void *)(uintptr_t)ssl);
  else if (where == SSL_CB_HANDSHAKE_DONE)
    lr_tls_sessions_keep((void *)(uintptr_t)ssl);
  else
    note_alert(ssl, where, value);
}

/* Notes that the server asks for a certificate, where none is set. */
static int note_request(SSL *ssl, X509 **certificate, EVP_PKEY **key) {
  lr_tls_events *events = lr_tls_events_of(ssl);
  (void)certificate;
  (void)key;
  if (events) events->wants_certificate = true;
  return 0;
}

lr_tls_events *lr_tls_events_watch(void *ssl_ctx) {
  pthread_once(&index_once, make_index);
  lr_tls_events *events = lr_alloc_zero(sizeof *events);
  if (!events) return NULL;
  lr_u32_init(&events->count, 1);
  if (context_index < 0 ||
      SSL_CTX_set_ex_data(ssl_ctx, context_index, events) != 1) {
    lr_tls_events_release(events);
    return NULL;
  }
  /* Versions of libcurl differ in whether an end without close_notify is a
   * failure: to none it is one now, and the record tells. */
  SSL_CTX_set_options(ssl_ctx, SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_info_callback(ssl_ctx, follow_handshake);
  SSL_CTX_set_client_cert_cb(ssl_ctx, note_request);
  return lr_tls_events_retain(events);
}

void lr_tls_events_leave(void *ssl) {
  SSL_set_info_callback(ssl, note_alert);
  SSL_CTX_sess_set_new_cb(SSL_get_SSL_CTX(ssl), NULL);
}

const char *lr_tls_events_refusal(const lr_tls_events *events) {
  return X509_verify_cert_error_string(events->refused);
}

lr_tls_events *lr_tls_events_retain(lr_tls_events *events) {
  lr_count_retain(&events->count);
  return events;
}

void lr_tls_events_release(lr_tls_events *events) {
  if (events && lr_count_release(&events->count)) lr_free(events);
}
