/* SPDX-License-Identifier: MIT
 * See wire.h. */
#define _GNU_SOURCE
#include "wire.h"

#include <errno.h>
#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "instant.h"

/* ---- The socket ---- */

bool wire_ask_for_stamps(int fd) {
  int flags = SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE;

  return !setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPING, &flags, sizeof flags);
}

/* The stamp is on the wall clock. */
static uint64_t stamp_of(struct msghdr *message) {
  struct cmsghdr *control = CMSG_FIRSTHDR(message);
  struct scm_timestamping stamps;

  for (; control; control = CMSG_NXTHDR(message, control)) {
    if (control->cmsg_level != SOL_SOCKET ||
        control->cmsg_type != SCM_TIMESTAMPING)
      continue;
    memcpy(&stamps, CMSG_DATA(control), sizeof stamps);
    if (!stamps.ts[0].tv_sec) return 0;
    return (uint64_t)((int64_t)instant_of(&stamps.ts[0]) -
                      instant_real_offset());
  }
  return 0;
}

/* As recv, and notes the instants. */
static ssize_t receive(struct wire *wire, void *out, size_t capacity) {
  union {
    struct cmsghdr align;
    char bytes[256];
  } control;
  struct iovec part = {.iov_base = out, .iov_len = capacity};
  struct msghdr message = {.msg_iov = &part,
                           .msg_iovlen = 1,
                           .msg_control = &control,
                           .msg_controllen = sizeof control};
  ssize_t count = recvmsg(wire->fd, &message, 0);

  if (count <= 0) return count;
  wire->read_ns = instant_now();
  wire->stamp_ns = stamp_of(&message);
  return count;
}

/* Sends a datagram to itself and looks at its stamp. */
static bool try_stamps(struct wire *wire) {
  char byte = 0;

  return send(wire->fd, &byte, 1, MSG_NOSIGNAL) == 1 &&
         receive(wire, &byte, 1) == 1 && wire->stamp_ns;
}

/* Returns a datagram socket that sends to itself, or -1. */
static int open_mirror(void) {
  struct sockaddr_in address = {.sin_family = AF_INET,
                                .sin_addr = {htonl(INADDR_LOOPBACK)}};
  socklen_t length = sizeof address;
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

  if (fd >= 0 && wire_ask_for_stamps(fd) &&
      !bind(fd, (struct sockaddr *)&address, length) &&
      !getsockname(fd, (struct sockaddr *)&address, &length) &&
      !connect(fd, (struct sockaddr *)&address, length))
    return fd;
  if (fd >= 0) close(fd);
  return -1;
}

bool wire_wait_for_stamps(void) {
  enum { TRIES = 1000, WAIT_US = 1000 };
  struct wire wire = {.fd = open_mirror()};
  bool there = false;

  if (wire.fd < 0) return false;
  for (int i = 0; i < TRIES && !there; i++) {
    there = try_stamps(&wire);
    if (!there) usleep(WAIT_US);
  }
  close(wire.fd);
  return there;
}

/* ---- TLS: a BIO on the socket that keeps the stamps ---- */

static int read_bio(BIO *bio, char *out, int capacity) {
  ssize_t count = receive(BIO_get_data(bio), out, (size_t)capacity);

  BIO_clear_retry_flags(bio);
  if (count < 0 && errno == EAGAIN) BIO_set_retry_read(bio);
  return (int)count;
}

static int write_bio(BIO *bio, const char *bytes, int length) {
  struct wire *wire = BIO_get_data(bio);
  ssize_t count = send(wire->fd, bytes, (size_t)length, MSG_NOSIGNAL);

  BIO_clear_retry_flags(bio);
  if (count < 0 && errno == EAGAIN) BIO_set_retry_write(bio);
  return (int)count;
}

static long control_bio(BIO *bio, int command, long number, void *pointer) {
  (void)bio;
  (void)number;
  (void)pointer;
  return command == BIO_CTRL_FLUSH;
}

static int create_bio(BIO *bio) {
  BIO_set_init(bio, 1);
  return 1;
}

/* The methods belong to the context. */
static int method_index = -1;

static void free_method(void *parent, void *method, CRYPTO_EX_DATA *data,
                        int index, long number, void *pointer) {
  (void)parent;
  (void)data;
  (void)index;
  (void)number;
  (void)pointer;
  BIO_meth_free(method);
}

static bool add_method(SSL_CTX *context) {
  BIO_METHOD *method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK,
                                    "a socket with stamps");

  method_index = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, free_method);
  if (!method || method_index < 0) return false;
  return BIO_meth_set_read(method, read_bio) &&
         BIO_meth_set_write(method, write_bio) &&
         BIO_meth_set_ctrl(method, control_bio) &&
         BIO_meth_set_create(method, create_bio) &&
         SSL_CTX_set_ex_data(context, method_index, method);
}

SSL_CTX *wire_context_new(const char *certificate, const char *key) {
  SSL_CTX *context = SSL_CTX_new(TLS_server_method());

  if (context && add_method(context) &&
      SSL_CTX_use_certificate_chain_file(context, certificate) == 1 &&
      SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) == 1) {
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_read_ahead(context, 1);
    return context;
  }
  SSL_CTX_free(context);
  return NULL;
}

static bool start_tls(struct wire *wire, SSL_CTX *context) {
  BIO *bio = BIO_new(SSL_CTX_get_ex_data(context, method_index));

  wire->ssl = SSL_new(context);
  if (!bio || !wire->ssl) {
    BIO_free(bio);
    SSL_free(wire->ssl);
    return false;
  }
  BIO_set_data(bio, wire);
  SSL_set_bio(wire->ssl, bio, bio);
  SSL_set_accept_state(wire->ssl);
  return true;
}

/* ---- Both ---- */

bool wire_open(struct wire *wire, int fd, SSL_CTX *context) {
  memset(wire, 0, sizeof *wire);
  wire->fd = fd;
  if (!context || start_tls(wire, context)) return true;
  close(fd);
  return false;
}

static ssize_t receive_tls(struct wire *wire, void *out, size_t capacity) {
  int count = SSL_read(wire->ssl, out, (int)capacity);
  int error;

  if (count > 0) return count;
  error = SSL_get_error(wire->ssl, count);
  ERR_clear_error();
  return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? 0 : -1;
}

ssize_t wire_receive(struct wire *wire, void *out, size_t capacity) {
  ssize_t count;

  if (wire->ssl) return receive_tls(wire, out, capacity);
  count = receive(wire, out, capacity);
  if (count > 0) return count;
  return count < 0 && errno == EAGAIN ? 0 : -1;
}

bool wire_send(struct wire *wire, const void *bytes, size_t length) {
  if (!wire->ssl)
    return send(wire->fd, bytes, length, MSG_NOSIGNAL) == (ssize_t)length;
  if (SSL_write(wire->ssl, bytes, (int)length) == (int)length) return true;
  ERR_clear_error();
  return false;
}

ssize_t wire_send_some(struct wire *wire, const void *bytes, size_t length) {
  ssize_t count;
  int error;

  if (!wire->ssl) {
    count = send(wire->fd, bytes, length, MSG_NOSIGNAL);
    if (count >= 0) return count;
    return errno == EAGAIN ? 0 : -1;
  }
  count = SSL_write(wire->ssl, bytes, (int)length);
  if (count > 0) return count;
  error = SSL_get_error(wire->ssl, (int)count);
  ERR_clear_error();
  return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? 0 : -1;
}

void wire_close(struct wire *wire) {
  SSL_free(wire->ssl);
  close(wire->fd);
  wire->ssl = NULL;
  wire->fd = -1;
}

void wire_reset(struct wire *wire) {
  struct linger linger = {.l_onoff = 1};

  setsockopt(wire->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
  wire_close(wire);
}
