/* SPDX-License-Identifier: MIT
 * connection_facts_test.c: a client and a server of TLS in memory, and sockets
 * on loopback, and what is told of them. */
#include "net/connection_facts.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/fixture.h"
#include "support/tls_pair.h"

static void test_local(void) {
  struct fixture f;
  lr_response_details details = {0};
  struct sockaddr_in address = {.sin_family = AF_INET};
  socklen_t length = sizeof address;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  address.sin_addr.s_addr = htonl(0x7f000002);
  CU_ASSERT_EQUAL_FATAL(bind(fd, (struct sockaddr *)&address, length), 0);
  CU_ASSERT_EQUAL(getsockname(fd, (struct sockaddr *)&address, &length), 0);
  lr_connection_facts_read_local(fd, &details);
  CU_ASSERT_STRING_EQUAL(details.local_ip, "127.0.0.2");
  CU_ASSERT_EQUAL(details.local_port, ntohs(address.sin_port));
  close(fd);
  fixture_close(&f);
}

static void test_local_v6(void) {
  struct fixture f;
  lr_response_details details = {0};
  struct sockaddr_in6 address = {.sin6_family = AF_INET6};
  fixture_open(&f, FIXTURE_NO_REACTOR);
  int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  address.sin6_addr = in6addr_loopback;
  if (fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0) {
    lr_connection_facts_read_local(fd, &details);
    CU_ASSERT_STRING_EQUAL(details.local_ip, "::1");
    CU_ASSERT(details.local_port > 0);
  }
  if (fd >= 0) close(fd);
  fixture_close(&f);
}

/* What is no socket of these families has no address. */
static void test_no_local(void) {
  struct fixture f;
  lr_response_details details = {0};
  int fds[2];
  fixture_open(&f, FIXTURE_NO_REACTOR);
  CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds),
                        0);
  lr_connection_facts_read_local(fds[0], &details);
  lr_connection_facts_read_local(-1, &details);
  CU_ASSERT_STRING_EQUAL(details.local_ip, "");
  CU_ASSERT_EQUAL(details.local_port, 0);
  close(fds[0]);
  close(fds[1]);
  fixture_close(&f);
}

static void test_tls(void) {
  static const struct {
    int version;
    const char *name;
  } rows[] = {{TLS1_2_VERSION, "TLSv1.2"}, {TLS1_3_VERSION, "TLSv1.3"}};
  struct fixture f;
  struct tls_pair pair;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (size_t i = 0; i < 2 * FIXTURE_COUNT(rows); i++) {
    lr_tls_details tls = {.alpn = ""};
    bool certificates = i % 2;
    tls_pair_open(&pair, rows[i / 2].version, SSL_VERIFY_NONE);
    tls_pair_shake_hands(&pair);
    CU_ASSERT_TRUE(
        lr_connection_facts_read_tls(pair.client, certificates, &tls));
    CU_ASSERT_STRING_EQUAL(tls.version, rows[i / 2].name);
    CU_ASSERT_EQUAL(strncmp(tls.cipher, "TLS_", 4), 0);
    CU_ASSERT_STRING_EQUAL(tls.alpn, "");
    CU_ASSERT_FALSE(tls.resumed);
    CU_ASSERT_EQUAL(tls.certificate_count, certificates);
    CU_ASSERT_EQUAL(tls.certificates.length > 200, certificates);
    lr_buffer_clear(&tls.certificates);
    tls_pair_close(&pair);
  }
  fixture_close(&f);
}

static void test_no_memory(void) {
  struct fixture f;
  struct tls_pair pair;
  lr_tls_details tls = {.alpn = ""};
  fixture_open(&f, FIXTURE_NO_REACTOR);
  tls_pair_open(&pair, TLS1_3_VERSION, SSL_VERIFY_NONE);
  tls_pair_shake_hands(&pair);
  fixture_fail_allocation(&f, 1);
  CU_ASSERT_FALSE(lr_connection_facts_read_tls(pair.client, true, &tls));
  CU_ASSERT_EQUAL(tls.certificate_count, 0);
  tls_pair_close(&pair);
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"the local address", test_local},
      {"the local address of IPv6", test_local_v6},
      {"no address", test_no_local},
      {"what TLS has settled", test_tls},
      {"out of memory", test_no_memory},
  };
  return fixture_main("connection facts", tests, FIXTURE_COUNT(tests), argc,
                      argv);
}
