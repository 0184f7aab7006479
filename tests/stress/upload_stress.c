/* SPDX-License-Identifier: MIT
 * labels: threads
 * Large bodies go up from a producer, which gives or writes them, and from a
 * file, with a known length and in chunks: every byte arrives, and memory stays
 * flat.  The server is another process, so that what this one uses is the
 * client's.  What a byte costs of the CPU is bench/timing/upload_cpu.c's.
 *
 *   upload_stress [MiB]
 *
 * Usually 64, see scale.h. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/fetching.h"
#include "support/origin.h"
#include "support/producing.h"
#include "support/scale.h"
#include <lariat/upload.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { SANITIZED = 1 };
#else
enum { SANITIZED = 0 };
#endif

enum { MIB = 1 << 20, USUAL_MIB = 64, PIECE = 64 * 1024 };

static uint64_t length;
static char url[64];
static char expected[128];

/* ---- The server ---- */

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

/* ---- Memory ---- */

static long resident_kib(void) {
  long pages = 0;
  FILE *statm = fopen("/proc/self/statm", "r");
  if (!statm) return 0;
  if (fscanf(statm, "%*s %ld", &pages) != 1) pages = 0;
  fclose(statm);
  return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static long least_kib, most_kib;

static void note_memory(void) {
  long now = resident_kib();
  if (!least_kib || now < least_kib) least_kib = now;
  if (now > most_kib) most_kib = now;
}

/* ---- Uploads ---- */

static lariat_value look(lariat_value value, void *context) {
  struct producer *producer = context;
  if (producer->written > length / 10) note_memory();
  return value;
}

/* The producer of support/producing.h, with a look at the memory now and
 * then. */
static void send_produced(struct fetching *t, bool known, bool gives) {
  struct producer producer = {.keeps = true, .gives = gives};
  struct outcome o;
  lariat_upload *upload = NULL;
  lariat_request_options options = lariat_request_defaults(t->client);
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
    (void)look(lariat_none(), &producer);
    if (tenth > 10) break;
    producer.over = false;
    producer.length = tenth < 10 ? length / 10 * tenth : length;
    producer_go_on(&producer);
  }
  CU_ASSERT_EQUAL(lariat_upload_end(upload), LARIAT_OK);
  lariat_upload_release(upload);
  fetching_wait(t, &o, 1, 60000);
  outcome_expect_body(&o, expected);
  outcome_clear(&o, 1);
}

static void send_file(struct fetching *t, int file) {
  struct outcome o;
  lariat_request_options options = lariat_request_defaults(t->client);
  options.body = lariat_body_file(file, 0, LARIAT_LENGTH_UNKNOWN);
  outcome_watch(&o, lariat_request(t->client, "PUT", url, &options));
  fetching_wait(t, &o, 1, 120000);
  outcome_expect_body(&o, expected);
  outcome_clear(&o, 1);
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
  least_kib = most_kib = 0;
  for (unsigned i = 0; i < 4; i++) send_produced(&t, i % 2 == 0, i < 2);
  printf("\n    memory %ld to %ld KiB", least_kib, most_kib);
  if (!SANITIZED) CU_ASSERT(most_kib - least_kib <= 2 * 1024 * 2);
  fetching_close(&t);
}

static void test_a_file(void) {
  struct fetching t;
  char name[] = "/tmp/lariat-upload-XXXXXX";
  int file = mkstemp(name);
  unlink(name);
  for (uint64_t at = 0; at < length;) {
    size_t part = length - at < MIB ? (size_t)(length - at) : MIB;
    ssize_t written = write(file, produced_bytes(at), part);
    CU_ASSERT_FATAL(written > 0);
    at += (uint64_t)written;
  }
  open_all(&t);
  send_file(&t, file);
  fetching_close(&t);
  close(file);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"a producer", test_a_producer},
      {"a file", test_a_file},
  };
  length = scale_of(USUAL_MIB, argc, argv) * MIB;
  (void)produced_answer(length, expected, sizeof expected);
  if (!start_server()) return 1;
  int result = fixture_main("upload", tests, FIXTURE_COUNT(tests), 1, argv);
  stop_server();
  return result;
}
