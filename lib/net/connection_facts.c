/* SPDX-License-Identifier: MIT
 * connection_facts.c: the kernel and OpenSSL asked about a connection. */
#include "net/connection_facts.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <string.h>
#include <sys/socket.h>

/* ---- Addresses ---- */

void lr_connection_facts_read_local(int fd, lr_response_details *details) {
  union {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
  } address;
  socklen_t length = sizeof address;
  memset(&address, 0, sizeof address);
  if (getsockname(fd, &address.any, &length) != 0) return;
  bool v6 = address.any.sa_family == AF_INET6;
  const void *ip =
      v6 ? (const void *)&address.v6.sin6_addr : &address.v4.sin_addr;
  if (!v6 && address.any.sa_family != AF_INET) return;
  (void)inet_ntop(address.any.sa_family, ip, details->local_ip,
                  sizeof details->local_ip);
  details->local_port = ntohs(v6 ? address.v6.sin6_port : address.v4.sin_port);
}

/* ---- TLS ---- */

static void copy_text(char *to, size_t capacity, const char *from,
                      size_t length) {
  if (length >= capacity) length = capacity - 1;
  memcpy(to, from, length);
  to[length] = '\0';
}

static void copy_name(char *to, size_t capacity, const char *from) {
  if (from) copy_text(to, capacity, from, strlen(from));
}

static bool add_certificate(lr_tls_details *tls, X509 *certificate) {
  unsigned char *der = NULL;
  int length = i2d_X509(certificate, &der);
  bool added = length > 0 && lr_tls_details_add(tls, der, (size_t)length);
  OPENSSL_free(der);
  return added;
}

/* Adds the server's own where there are no others: a session that was resumed
 * need not have them. */
static bool add_own_certificate(SSL *ssl, lr_tls_details *tls) {
  X509 *own = SSL_get1_peer_certificate(ssl);
  bool added = !own || add_certificate(tls, own);
  X509_free(own);
  return added;
}

static bool add_certificates(SSL *ssl, lr_tls_details *tls) {
  STACK_OF(X509) *all = SSL_get_peer_cert_chain(ssl);
  if (!all || sk_X509_num(all) == 0) return add_own_certificate(ssl, tls);
  for (int i = 0; i < sk_X509_num(all); i++)
    if (!add_certificate(tls, sk_X509_value(all, i))) return false;
  return true;
}

bool lr_connection_facts_read_tls(void *ssl_pointer, bool certificates,
                                  lr_tls_details *tls) {
  SSL *ssl = ssl_pointer;
  const SSL_CIPHER *cipher = SSL_get_current_cipher(ssl);
  const unsigned char *alpn = NULL;
  unsigned length = 0;
  copy_name(tls->version, sizeof tls->version, SSL_get_version(ssl));
  copy_name(tls->cipher, sizeof tls->cipher,
            cipher ? SSL_CIPHER_standard_name(cipher) : NULL);
  SSL_get0_alpn_selected(ssl, &alpn, &length);
  if (alpn) copy_text(tls->alpn, sizeof tls->alpn, (const char *)alpn, length);
  tls->resumed = SSL_session_reused(ssl) == 1;
  return !certificates || add_certificates(ssl, tls);
}
