/* SPDX-License-Identifier: MIT
 * body_cpu.c: a large body to a file takes not much more CPU time than a plain
 * libcurl loop needs that does nothing but write.  That it is exact, and flat
 * in memory, is tests/stress/download_stress.c's.
 *
 *   timing-body_cpu [MiB]
 *
 * Usually 4,096 MiB; the ratio is judged from 1,024 on.  The file is sparse
 * where it comes from; it is written, and removed, in the temporary
 * directory. */
#include <curl/curl.h>
#include <fcntl.h>
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

static uint64_t cpu_us(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000u +
         (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

static bool make_source(void) {
  char path[512];
  snprintf(path, sizeof path, "%s/www/store/large", nginx->directory);
  int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  bool good = fd >= 0 && ftruncate(fd, (off_t)(mib * MIB)) == 0;
  if (fd >= 0) close(fd);
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

static void fetch(struct fetching *t, int fd) {
  struct outcome o;
  lariat_request_options options = lariat_request_defaults(t->client);
  options.sink = lariat_sink_fd(fd);
  options.max_body_bytes = 0;
  options.timeout_ms = PATIENCE_MS;
  outcome_watch(&o, lariat_request(t->client, "GET", url, &options));
  while (!o.fires) (void)lariat_reactor_run_once(t->f.reactor, 50);
  outcome_expect_http(&o, 200);
  CU_ASSERT_EQUAL(lariat_response_body_bytes(outcome_response(&o)), mib * MIB);
  outcome_clear(&o, 1);
}

static void open_one(struct fetching *t) {
  lariat_pool_options pool = lariat_pool_defaults();
  pool.reactors = 1;
  fetching_open(t, &pool, NULL);
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
    fetch(&t, fd);
    ours = cpu_us() - ours;
    ratios[i] = (double)ours / (double)plain;
    printf("\n    plain %.3f s, lariat %.3f s: %.3f", (double)plain / 1e6,
           (double)ours / 1e6, ratios[i]);
    close(fd);
  }
  qsort(ratios, ROUNDS, sizeof ratios[0], ascending);
  printf("\n    median %.3f\n", ratios[ROUNDS / 2]);
  if (mib >= 1024) CU_ASSERT_TRUE(ratios[ROUNDS / 2] <= 1.1);
  fetching_close(&t);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"CPU time", test_cpu},
  };
  mib = scale_of(USUAL_MIB, argc, argv);
  nginx = nginx_start(NULL);
  if (!nginx || !make_source()) return 1;
  (void)nginx_url(nginx, NGINX_PLAIN, "/store/large", url, sizeof url);
  int result = fixture_main("body_cpu", tests, FIXTURE_COUNT(tests), 1, argv);
  nginx_stop(nginx);
  return result;
}
