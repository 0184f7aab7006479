/* SPDX-License-Identifier: MIT
 * wire.h: the bytes of a connection, over TLS or not, with the kernel's stamps
 * on those that came. */
#ifndef BENCH_TRUTH_WIRE_H
#define BENCH_TRUTH_WIRE_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct wire {
  int fd;
  SSL *ssl;          /* NULL: no TLS */
  uint64_t read_ns;  /* behind the last call that received */
  uint64_t stamp_ns; /* the kernel's of what that received; 0: none */
};

/* Returns a context with the certificate and the key of two files, which may be
 * one, or NULL. */
SSL_CTX *wire_context_new(const char *certificate, const char *key);

/* Asks for stamps on a socket; what a listening one accepts has them, too. */
bool wire_ask_for_stamps(int fd);

/* Waits until there are stamps: Linux begins with them a moment after the first
 * socket has asked.  False: they do not come. */
bool wire_wait_for_stamps(void);

/* Takes over a descriptor that is non-blocking.  False: out of memory, and the
 * descriptor is closed. */
bool wire_open(struct wire *wire, int fd, SSL_CTX *context);

/* Receives.  0: there is nothing now; -1: the other side has ended it. */
ssize_t wire_receive(struct wire *wire, void *out, size_t capacity);

/* Sends it all at once, or returns false. */
bool wire_send(struct wire *wire, const void *bytes, size_t length);

/* Sends what can be sent now: how much that was, or -1: the other side is gone.
 * Over TLS the context is to allow partial writes from buffers that move. */
ssize_t wire_send_some(struct wire *wire, const void *bytes, size_t length);

void wire_close(struct wire *wire);
void wire_reset(struct wire *wire);

#endif
