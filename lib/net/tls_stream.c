/* SPDX-License-Identifier: MIT
 * tls_stream.c: records of TLS, by OpenSSL over a descriptor. */
#include "net/tls_stream.h"

#include <errno.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/attributes.h"
#include "base/memory.h"

typedef struct lr_tls_stream {
  SSL *ssl;
  lr_tls_events *events;
  lr_tls_keeper keeper;
  bool keeps_buffers;
  bool has_early;
  char early;
} lr_tls_stream;

/* ---- Between OpenSSL and the descriptor ---- */

static int descriptor_of(BIO *bio) { return (int)(intptr_t)BIO_get_data(bio); }

static int write_bio(BIO *bio, const char *bytes, size_t length, size_t *sent) {
  ssize_t result;
  BIO_clear_retry_flags(bio);
  do
    result =
        send(descriptor_of(bio), bytes, length, MSG_NOSIGNAL | MSG_DONTWAIT);
  while (result < 0 && errno == EINTR);
  if (result < 0 && errno == EAGAIN) BIO_set_retry_write(bio);
  *sent = result < 0 ? 0 : (size_t)result;
  return result > 0;
}

static int read_bio(BIO *bio, char *bytes, size_t capacity, size_t *got) {
  ssize_t result;
  BIO_clear_retry_flags(bio);
  do result = recv(descriptor_of(bio), bytes, capacity, MSG_DONTWAIT);
  while (result < 0 && errno == EINTR);
  if (result < 0 && errno == EAGAIN) BIO_set_retry_read(bio);
  if (result == 0) BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
  *got = result < 0 ? 0 : (size_t)result;
  return result > 0;
}

static long control_bio(BIO *bio, int command, long number, void *pointer) {
  (void)number;
  (void)pointer;
  switch (command) {
  case BIO_CTRL_EOF:
    return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0;
  case BIO_CTRL_FLUSH: /* nothing is kept back */
    return 1;
  default:
    return 0;
  }
}

static BIO_METHOD *methods; /* the same for all, made once */
static pthread_once_t methods_once = PTHREAD_ONCE_INIT;

static void make_methods(void) {
  int type = BIO_get_new_index();
  if (type < 0) return;
  methods = BIO_meth_new(type | BIO_TYPE_SOURCE_SINK, "lariat descriptor");
  if (!methods) return;
  BIO_meth_set_write_ex(methods, write_bio);
  BIO_meth_set_read_ex(methods, read_bio);
  BIO_meth_set_ctrl(methods, control_bio);
}

static BIO *open_bio(int fd) {
  pthread_once(&methods_once, make_methods);
  BIO *bio = methods ? BIO_new(methods) : NULL;
  if (!bio) return NULL;
  BIO_set_data(bio, (void *)(intptr_t)fd);
  BIO_set_init(bio, 1);
  return bio;
}

/* ---- OpenSSL's buffers ---- */

/* How many streams of one keeper have buffers of their own, of 17 KB each way.
 * Connections of libcurl's have none between two records, which is right where
 * thousands are idle; but to take and return them for each answer costs a tenth
 * of its instructions. */
enum { BUFFERED_MAX = 128 };

static bool keep_buffers(SSL *ssl, const lr_tls_keeper *keeper) {
  if (!keeper->buffered || *keeper->buffered >= BUFFERED_MAX) return false;
  ++*keeper->buffered;
  SSL_clear_mode(ssl, SSL_MODE_RELEASE_BUFFERS);
  return true;
}

/* ---- Bytes ---- */

/* Drops what others have left in the thread's queue of errors, by which
 * SSL_get_error judges. */
static inline void drop_errors(void) {
  if (ERR_peek_error()) ERR_clear_error();
}

/* A handshake within TLS 1.2, which the server has asked for, is its to go on
 * with. */
static LR_COLD ssize_t send_failure(lr_stream *stream) {
  const lr_tls_stream *tls = stream->state;
  int error = SSL_get_error(tls->ssl, -1);
  ERR_clear_error();
  stream->needs_receive = error == SSL_ERROR_WANT_READ;
  return error == SSL_ERROR_WANT_WRITE || error == SSL_ERROR_WANT_READ ? 0 : -1;
}

static ssize_t send_records(lr_stream *stream, const char *bytes,
                            size_t length) {
  lr_tls_stream *tls = stream->state;
  size_t sent = 0;
  drop_errors();
  return SSL_write_ex(tls->ssl, bytes, length, &sent) == 1
             ? (ssize_t)sent
             : send_failure(stream);
}

/* Returns what it means that nothing could be read. */
static LR_COLD ssize_t receive_failure(lr_stream *stream) {
  lr_tls_stream *tls = stream->state;
  int error = SSL_get_error(tls->ssl, -1);
  stream->pending = false;
  ERR_clear_error();
  switch (error) {
  case SSL_ERROR_WANT_READ:
    return LR_STREAM_AGAIN;
  case SSL_ERROR_WANT_WRITE: /* an answer to the peer's new keys */
    stream->needs_send = true;
    return LR_STREAM_AGAIN;
  case SSL_ERROR_ZERO_RETURN: /* also without close_notify: tls_events.c */
    if (tls->events->alert) return LR_STREAM_LOST;
    return tls->events->closed ? LR_STREAM_END : LR_STREAM_CUT;
  default:
    return LR_STREAM_LOST;
  }
}

static LR_COLD ssize_t give_early(lr_stream *stream, char *bytes) {
  lr_tls_stream *tls = stream->state;
  tls->has_early = false;
  bytes[0] = tls->early;
  stream->pending = true;
  return 1;
}

/* Reads record after record while there are any in OpenSSL's buffer.  An end
 * that is found behind bytes is told by the next call: OpenSSL tells it
 * again. */
static ssize_t receive_records(lr_stream *stream, char *bytes,
                               size_t capacity) {
  lr_tls_stream *tls = stream->state;
  size_t filled = 0;
  size_t got = 0;
  if (LR_RARE(tls->has_early)) return give_early(stream, bytes);
  stream->needs_send = false;
  drop_errors();
  do {
    if (SSL_read_ex(tls->ssl, bytes + filled, capacity - filled, &got) != 1) {
      ssize_t failure = receive_failure(stream);
      if (filled == 0) return failure;
      stream->pending = failure != LR_STREAM_AGAIN;
      return (ssize_t)filled;
    }
    filled += got;
    stream->pending = SSL_has_pending(tls->ssl) == 1;
  } while (stream->pending && filled < capacity);
  return (ssize_t)filled;
}

/* ---- Why, and the end ---- */

/* Sends close_notify.  That of the peer is not waited for.  (Asked for the
 * second time, OpenSSL has other results for one that is still waiting.) */
static int end_sending(lr_stream *stream) {
  lr_tls_stream *tls = stream->state;
  drop_errors();
  int result = SSL_shutdown(tls->ssl);
  ERR_clear_error();
  if (result != 1 && SSL_want_write(tls->ssl)) return 0;
  return result >= 0 ? 1 : -1;
}

/* Says whether the connection ended since the client has no certificate.  The
 * server need not say so at once, nor at all: with TLS 1.3 its word may be lost
 * in the end of the connection. */
static bool lacks_certificate(const lr_stream *stream) {
  const lr_tls_stream *tls = stream->state;
  return tls->events->wants_certificate;
}

void *lr_tls_stream_ssl(const lr_stream *stream) {
  return ((const lr_tls_stream *)stream->state)->ssl;
}

void lr_tls_stream_abandon(lr_stream *stream) {
  lr_tls_stream *tls = stream->state;
  if (tls->keeps_buffers) --*tls->keeper.buffered;
  SSL_free(tls->ssl);
  lr_tls_events_release(tls->events);
  lr_free(tls);
}

static void close_tls(lr_stream *stream) {
  const lr_tls_stream *tls = stream->state;
  lr_tls_keeper keeper = tls->keeper;
  drop_errors();
  (void)SSL_shutdown(tls->ssl);
  ERR_clear_error();
  lr_tls_stream_abandon(stream);
  keeper.release(keeper.self);
}

static const lr_stream_ops tls_ops = {.send = send_records,
                                      .receive = receive_records,
                                      .lacks_certificate = lacks_certificate,
                                      .end_sending = end_sending,
                                      .close = close_tls};

bool lr_tls_stream_open(lr_stream *stream, void *ssl_pointer, int fd,
                        lr_tls_events *events, lr_tls_keeper keeper,
                        const char *early, size_t early_length) {
  SSL *ssl = ssl_pointer;
  lr_tls_stream *tls = lr_alloc_zero(sizeof *tls);
  BIO *bio = tls ? open_bio(fd) : NULL;
  if (!bio) {
    lr_free(tls);
    return false;
  }
  *tls = (lr_tls_stream){.ssl = ssl,
                         .events = lr_tls_events_retain(events),
                         .keeper = keeper,
                         .keeps_buffers = keep_buffers(ssl, &keeper),
                         .has_early = early_length != 0,
                         .early = early_length ? *early : '\0'};
  SSL_up_ref(ssl);
  SSL_set_bio(ssl, bio, bio);
  SSL_set_read_ahead(ssl, 1);
  SSL_set_mode(ssl, SSL_MODE_ENABLE_PARTIAL_WRITE |
                        SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  *stream = (lr_stream){.ops = &tls_ops,
                        .state = tls,
                        .fd = fd,
                        .pending = early_length || SSL_has_pending(ssl)};
  return true;
}
