/* SPDX-License-Identifier: MIT
 * body_down.c: a large body to a file: byte-exact by digest, with no more
 * memory at its end than at its beginning, and for not much more CPU time than
 * a plain libcurl loop needs that does nothing but write.
 *
 *   body_down [MiB]
 *
 * Usually 4,096 MiB, see scale.h.  The file is sparse where it comes from, with
 * a mark in each MiB; it is written, and removed, in the temporary directory.
 */
#include <curl/curl.h>
#include <fcntl.h>
#include <malloc.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "support/fetching.h"
#include "support/nginx.h"
#include "support/scale.h"

enum { USUAL_MIB = 4096, ROUNDS = 5, PATIENCE_MS = 580000 };

#define MIB ((uint64_t)1024 * 1024)

static struct nginx *nginx;
static uint64_t mib;
static char url[512];
static uint8_t expected[32];
static size_t most_memory;

static uint64_t cpu_us(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000u +
         (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

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

/* The plain loop's receive buffer is as large as ours. */
static size_t plain_write(char *bytes, size_t size, size_t count, void *fd) {
  ssize_t written = write(*(int *)fd, bytes, size * count);
  return written < 0 ? 0 : (size_t)written;
}

static uint64_t plain_us(int fd) {
  uint64_t before = cpu_us();
  CURL *easy = curl_easy_init();
  (void)curl_easy_setopt(easy, CURLOPT_URL, url);
  (void)curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, plain_write);
  (void)curl_easy_setopt(easy, CURLOPT_WRITEDATA, &fd);
  (void)curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 128L * 1024);
  CU_ASSERT_EQUAL(curl_easy_perform(easy), CURLE_OK);
  curl_easy_cleanup(easy);
  CU_ASSERT_EQUAL(lseek(fd, 0, SEEK_CUR), (off_t)(mib * MIB));
  return cpu_us() - before;
}

static void fetch(struct fetching *t, int fd, bool sha256) {
  struct outcome o;
  lariat_request_options options = lariat_request_defaults(t->client);
  options.sink = lariat_sink_fd(fd);
  options.sha256 = sha256;
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
  if (sha256 && response)
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
  fetch(&t, fd, true);
  printf("\n    %llu MiB: %zu KiB more than before, at the most\n",
         (unsigned long long)mib, (most_memory - before) / 1024);
  CU_ASSERT_TRUE(most_memory - before < 2 * MIB);
  CU_ASSERT_TRUE(digest_of(fd, got));
  CU_ASSERT_EQUAL(memcmp(got, expected, 32), 0);
  close(fd);
  fetching_close(&t);
}

static int ascending(const void *a, const void *b) {
  double left = *(const double *)a;
  double right = *(const double *)b;
  return left < right ? -1 : left > right;
}

/* In turns, so that both see the same machine. */
static void test_cpu(void) {
  double ratios[ROUNDS];
  struct fetching t;
  open_one(&t);
  for (int i = 0; i < ROUNDS; i++) {
    int fd = new_file();
    (void)plain_us(fd); /* so that neither of the two pays for the pages */
    CU_ASSERT_EQUAL(lseek(fd, 0, SEEK_SET), 0);
    uint64_t plain = plain_us(fd);
    CU_ASSERT_EQUAL(lseek(fd, 0, SEEK_SET), 0);
    uint64_t ours = cpu_us();
    fetch(&t, fd, false);
    ours = cpu_us() - ours;
    ratios[i] = (double)ours / (double)plain;
    printf("\n    plain %.3f s, lariat %.3f s: %.3f", (double)plain / 1e6,
           (double)ours / 1e6, ratios[i]);
    close(fd);
  }
  qsort(ratios, ROUNDS, sizeof ratios[0], ascending);
  printf("\n    median %.3f\n", ratios[ROUNDS / 2]);
#if !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__)
  if (mib >= 1024) CU_ASSERT_TRUE(ratios[ROUNDS / 2] <= 1.1);
#endif
  fetching_close(&t);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"exact, and flat in memory", test_exact_and_flat},
      {"CPU time", test_cpu},
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
  int result =
      good ? fixture_main("body_down", tests, FIXTURE_COUNT(tests), 1, argv)
           : 1;
  nginx_stop(nginx);
  return result;
}
