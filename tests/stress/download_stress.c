/* SPDX-License-Identifier: MIT
 * labels: threads
 * download_stress.c: a large body to a file: byte-exact by digest, with no more
 * memory at its end than at its beginning.  What it costs of the CPU is
 * bench/timing/body_cpu.c's.
 *
 *   download_stress [MiB]
 *
 * Usually 1,024 MiB, see scale.h.  The file is sparse where it comes from, with
 * a mark in each MiB; it is written, and removed, in the temporary directory.
 */
#include <fcntl.h>
#include <malloc.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/fetching.h"
#include "support/nginx.h"
#include "support/scale.h"

enum { USUAL_MIB = 1024, PATIENCE_MS = 580000 };

#define MIB ((uint64_t)1024 * 1024)

static struct nginx *nginx;
static uint64_t mib;
static char url[512];
static uint8_t expected[32];
static size_t most_memory;

static size_t memory_now(void) {
  struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

static bool make_source(void) {
  char path[512];
  snprintf(path, sizeof path, "%s/www/store/large", nginx->directory);
  int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  bool good = fd >= 0 && ftruncate(fd, (off_t)(mib * MIB)) == 0;
  for (uint64_t i = 0; i < mib && good; i++) {
    uint64_t mark = i * 0x9e3779b97f4a7c15u + 1;
    good = pwrite(fd, &mark, sizeof mark, (off_t)(i * MIB + i * 13 % MIB)) ==
           (ssize_t)sizeof mark;
  }
  if (fd >= 0) close(fd);
  return good;
}

static bool digest_of(int fd, uint8_t out[32]) {
  static char piece[256 * 1024];
  EVP_MD_CTX *digest = EVP_MD_CTX_new();
  ssize_t got = 0;
  bool good = digest && EVP_DigestInit_ex(digest, EVP_sha256(), NULL) == 1;
  good = good && lseek(fd, 0, SEEK_SET) == 0;
  while (good && (got = read(fd, piece, sizeof piece)) > 0)
    good = EVP_DigestUpdate(digest, piece, (size_t)got) == 1;
  good = good && got == 0 && EVP_DigestFinal_ex(digest, out, NULL) == 1;
  EVP_MD_CTX_free(digest);
  return good;
}

static int new_file(void) {
  char path[512];
  snprintf(path, sizeof path, "%s/down-XXXXXX", nginx->directory);
  int fd = mkostemp(path, O_CLOEXEC);
  if (fd >= 0) unlink(path);
  return fd;
}

static void fetch(struct fetching *t, int fd) {
  struct outcome o;
  lariat_request_options options = lariat_request_defaults(t->client);
  options.sink = lariat_sink_fd(fd);
  options.sha256 = true;
  options.max_body_bytes = 0;
  options.timeout_ms = PATIENCE_MS;
  outcome_watch(&o, lariat_request(t->client, "GET", url, &options));
  while (!o.fires) {
    (void)lariat_reactor_run_once(t->f.reactor, 50);
    size_t memory = memory_now();
    if (memory > most_memory) most_memory = memory;
  }
  outcome_expect_http(&o, 200);
  const lariat_response *response = outcome_response(&o);
  CU_ASSERT_EQUAL(lariat_response_body_bytes(response), mib * MIB);
  if (response)
    CU_ASSERT_EQUAL(memcmp(lariat_response_sha256(response), expected, 32), 0);
  outcome_clear(&o, 1);
}

static void open_one(struct fetching *t) {
  lariat_pool_options pool = lariat_pool_defaults();
  pool.reactors = 1;
  fetching_open(t, &pool, NULL);
}

static void test_exact_and_flat(void) {
  struct fetching t;
  uint8_t got[32];
  int fd = new_file();
  CU_ASSERT_TRUE_FATAL(fd >= 0);
  open_one(&t);
  struct outcome o;
  fetching_do(&t, &o, lariat_get(t.client, url)); /* its limit stops it */
  outcome_clear(&o, 1);
  size_t before = memory_now();
  most_memory = before;
  fetch(&t, fd);
  printf("\n    %llu MiB: %zu KiB more than before, at the most\n",
         (unsigned long long)mib, (most_memory - before) / 1024);
  CU_ASSERT_TRUE(most_memory - before < 2 * MIB);
  CU_ASSERT_TRUE(digest_of(fd, got));
  CU_ASSERT_EQUAL(memcmp(got, expected, 32), 0);
  close(fd);
  fetching_close(&t);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"exact, and flat in memory", test_exact_and_flat},
  };
  mib = scale_of(USUAL_MIB, argc, argv);
  nginx = nginx_start(NULL);
  if (!nginx || !make_source()) return 1;
  (void)nginx_url(nginx, NGINX_PLAIN, "/store/large", url, sizeof url);
  char path[512];
  snprintf(path, sizeof path, "%s/www/store/large", nginx->directory);
  int source = open(path, O_RDONLY | O_CLOEXEC);
  bool good = source >= 0 && digest_of(source, expected);
  close(source);
  int result = good ? fixture_main("download_stress", tests,
                                   FIXTURE_COUNT(tests), 1, argv)
                    : 1;
  nginx_stop(nginx);
  return result;
}
