/* SPDX-License-Identifier: MIT
 * upload_cpu.c: what a byte that goes up costs of the processor: no more than
 * libcurl alone takes for it, but for the copy that lariat_upload_write makes.
 * From a producer and from a file, in both framings.  The server is another
 * process, so that what this one uses is the client's.
 *
 *   timing-upload_cpu [MiB]
 *
 * Usually 64; in full 1024, and only then the ratio is judged. */
#include <curl/curl.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/fetching.h"
#include "support/origin.h"
#include "support/producing.h"
#include "support/scale.h"
#include <lariat/upload.h>

enum {
  MIB = 1 << 20,
  USUAL_MIB = 64,
  FULL_MIB = 1024,
  PIECE = 64 * 1024,
  PAIRS = 5
};

static uint64_t length;
static int file = -1; /* what libcurl alone reads, if not the pattern */
static char url[64];
static char expected[128];
static double cpu_ratio_most = 1.1;

/* The server. */

static pid_t server;

static bool start_server(void) {
  int ends[2];
  unsigned port = 0;
  if (pipe(ends) != 0) return false;
  server = fork();
  if (server == 0) {
    struct origin *origin = origin_start(NULL);
    port = origin ? origin_port(origin) : 0;
    ssize_t written = write(ends[1], &port, sizeof port);
    while (origin && written > 0) pause();
    _exit(1);
  }
  close(ends[1]);
  bool told = read(ends[0], &port, sizeof port) == sizeof port && port;
  close(ends[0]);
  snprintf(url, sizeof url, "http://127.0.0.1:%u/sink", port);
  return told;
}

static void stop_server(void) {
  kill(server, SIGKILL);
  (void)waitpid(server, NULL, 0);
}

/* What it costs. */

static double cpu_s(void) {
  struct rusage used;
  getrusage(RUSAGE_SELF, &used);
  return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
         (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

/* libcurl alone. */

static size_t give(char *bytes, size_t size, size_t count, void *position) {
  uint64_t *at = position;
  size_t space = size * count;
  uint64_t left = length - *at;
  if (space > left) space = (size_t)left;
  if (file >= 0) {
    ssize_t got = pread(file, bytes, space, (off_t)*at);
    *at += got > 0 ? (uint64_t)got : 0;
    return got > 0 ? (size_t)got : CURL_READFUNC_ABORT;
  }
  for (size_t done = 0; done < space;) {
    size_t part = space - done < PIECE ? space - done : PIECE;
    memcpy(bytes + done, produced_bytes(*at + done), part);
    done += part;
  }
  *at += space;
  return space;
}

static size_t keep(char *bytes, size_t size, size_t count, void *answer) {
  size_t length_now = strlen(answer), space = size * count;
  if (length_now + space > 127) return 0;
  memcpy((char *)answer + length_now, bytes, space);
  return space;
}

static double plain(bool known) {
  char answer[256] = "";
  uint64_t at = 0;
  CURL *easy = curl_easy_init();
  struct curl_slist *headers = curl_slist_append(NULL, "Expect:");
  double before = cpu_s();
  curl_easy_setopt(easy, CURLOPT_URL, url);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE,
                   known ? (curl_off_t)length : (curl_off_t)-1);
  curl_easy_setopt(easy, CURLOPT_READFUNCTION, give);
  curl_easy_setopt(easy, CURLOPT_READDATA, &at);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, keep);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, (void *)answer);
  CU_ASSERT_EQUAL(curl_easy_perform(easy), CURLE_OK);
  double after = cpu_s();
  CU_ASSERT_STRING_EQUAL(answer, expected);
  curl_easy_cleanup(easy);
  curl_slist_free_all(headers);
  return after - before;
}

/* lariat. */

/* Sends by the producer of support/producing.h. */
static double produced(struct fetching *t, bool known, bool gives) {
  struct producer producer = {.keeps = true, .gives = gives};
  struct outcome o;
  lariat_upload *upload = NULL;
  lariat_request_options options = lariat_request_defaults(t->client);
  double before = cpu_s();
  CU_ASSERT_EQUAL(lariat_upload_new(t->f.reactor,
                                    known ? length : LARIAT_LENGTH_UNKNOWN, 0,
                                    &upload),
                  LARIAT_OK);
  options.body = lariat_body_producer(upload);
  outcome_watch(&o, lariat_request(t->client, "PUT", url, &options));
  producer_start(&producer, upload, length / 10, gives ? MIB : PIECE);
  for (unsigned tenth = 2; tenth <= 11; tenth++) {
    while (!producer.over && !o.fires)
      (void)lariat_reactor_run_once(t->f.reactor, 1000);
    if (tenth > 10) break;
    producer.over = false;
    producer.length = tenth < 10 ? length / 10 * tenth : length;
    producer_go_on(&producer);
  }
  CU_ASSERT_EQUAL(lariat_upload_end(upload), LARIAT_OK);
  lariat_upload_release(upload);
  fetching_wait(t, &o, 1, 60000);
  double after = cpu_s();
  outcome_expect_body(&o, expected);
  outcome_clear(&o, 1);
  return after - before;
}

static double from_file(struct fetching *t) {
  struct outcome o;
  lariat_request_options options = lariat_request_defaults(t->client);
  double before = cpu_s();
  options.body = lariat_body_file(file, 0, LARIAT_LENGTH_UNKNOWN);
  outcome_watch(&o, lariat_request(t->client, "PUT", url, &options));
  fetching_wait(t, &o, 1, 120000);
  double after = cpu_s();
  outcome_expect_body(&o, expected);
  outcome_clear(&o, 1);
  return after - before;
}

static int by_size(const void *one, const void *other) {
  double a = *(const double *)one, b = *(const double *)other;
  return (a > b) - (a < b);
}

static void report(const char *what, double *ratios, const double *ours,
                   const double *theirs, bool is_bar) {
  qsort(ratios, PAIRS, sizeof *ratios, by_size);
  printf("\n    %-24s %.3f ns a byte, libcurl alone %.3f; ratio %.2f "
         "(%.2f to %.2f)",
         what, ours[PAIRS / 2] * 1e9 / (double)length,
         theirs[PAIRS / 2] * 1e9 / (double)length, ratios[PAIRS / 2], ratios[0],
         ratios[PAIRS - 1]);
  if (is_bar && length >= (uint64_t)FULL_MIB * MIB)
    CU_ASSERT(ratios[PAIRS / 2] <= cpu_ratio_most);
}

static void compare(struct fetching *t, const char *what, bool known,
                    bool gives) {
  double ratios[PAIRS], ours[PAIRS], theirs[PAIRS];
  for (unsigned i = 0; i < PAIRS; i++) {
    theirs[i] = plain(known);
    ours[i] = file >= 0 ? from_file(t) : produced(t, known, gives);
    ratios[i] = ours[i] / theirs[i];
  }
  report(what, ratios, ours, theirs, gives || file >= 0);
}

static void open_all(struct fetching *t) {
  lariat_pool_options pool = lariat_pool_defaults();
  lariat_client_options client = lariat_client_defaults();
  pool.reactors = 1;
  client.timeout_ms = 0;
  fetching_open(t, &pool, &client);
}

static void test_a_producer(void) {
  struct fetching t;
  open_all(&t);
  compare(&t, "given, known length", true, true);
  compare(&t, "given, in chunks", false, true);
  compare(&t, "written, known length", true, false);
  compare(&t, "written, in chunks", false, false);
  fetching_close(&t);
}

static void test_a_file(void) {
  struct fetching t;
  char name[] = "/tmp/lariat-upload-XXXXXX";
  file = mkstemp(name);
  unlink(name);
  for (uint64_t at = 0; at < length;) {
    size_t part = length - at < MIB ? (size_t)(length - at) : MIB;
    ssize_t written = write(file, produced_bytes(at), part);
    CU_ASSERT_FATAL(written > 0);
    at += (uint64_t)written;
  }
  open_all(&t);
  compare(&t, "file", true, false);
  fetching_close(&t);
  close(file);
  file = -1;
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"a producer", test_a_producer},
      {"a file", test_a_file},
  };
  length = scale_of(USUAL_MIB, argc, argv) * MIB;
  (void)produced_answer(length, expected, sizeof expected);
  curl_global_init(CURL_GLOBAL_DEFAULT);
  if (!start_server()) return 1;
  int result = fixture_main("upload_cpu", tests, FIXTURE_COUNT(tests), 1, argv);
  stop_server();
  return result;
}
