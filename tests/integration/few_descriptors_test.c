/* SPDX-License-Identifier: MIT
 * Descriptors that run out: jobs wait for a connection of the pool's to come
 * free instead of failing, and do not ask for it all the time.  The server is
 * a process of its own, whose descriptors are its own. */
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/fetching.h"
#include "support/origin.h"
#include <lariat/failure.h>

enum { HOSTS = 200, URLS = 2000, PATIENCE_MS = 120000 };

static unsigned port;
static struct outcome outcomes[URLS];

/* ---- The server ---- */

struct server {
  pid_t pid;
  int end; /* closed: the server ends */
};

static void serve(int in, int out) {
  const struct origin_options options = {.address = "127.0.0.0/8"};
  struct origin *origin = origin_start(&options);
  unsigned its_port = origin ? origin_port(origin) : 0;
  char byte;
  if (write(out, &its_port, sizeof its_port) == sizeof its_port)
    while (read(in, &byte, 1) > 0) {
    }
  origin_stop(origin);
  _exit(0);
}

static bool start_server(struct server *server) {
  int in[2];
  int out[2];
  if (pipe(in) || pipe(out)) return false;
  server->pid = fork();
  if (server->pid == 0) {
    close(in[1]);
    close(out[0]);
    serve(in[0], out[1]);
  }
  close(in[0]);
  close(out[1]);
  server->end = in[1];
  bool started = server->pid > 0 &&
                 read(out[0], &port, sizeof port) == sizeof port && port;
  close(out[0]);
  return started;
}

static void stop_server(struct server *server) {
  close(server->end);
  (void)waitpid(server->pid, NULL, 0);
}

/* ---- Descriptors ---- */

enum { FILLERS = 256 };

static struct rlimit before;
static int fillers[FILLERS];
static unsigned filler_count;

/* Leaves the process `count` more than it has. */
static void leave_descriptors(unsigned count) {
  CU_ASSERT_EQUAL(getrlimit(RLIMIT_NOFILE, &before), 0);
  struct rlimit few = {FILLERS, before.rlim_max};
  CU_ASSERT_EQUAL(setrlimit(RLIMIT_NOFILE, &few), 0);
  while (filler_count < FILLERS &&
         (fillers[filler_count] = dup(STDERR_FILENO)) >= 0)
    filler_count++;
  CU_ASSERT_FATAL(filler_count > count);
  while (count--) close(fillers[--filler_count]);
}

static void give_descriptors_back(void) {
  while (filler_count) close(fillers[--filler_count]);
  CU_ASSERT_EQUAL(setrlimit(RLIMIT_NOFILE, &before), 0);
}

/* ---- Fetches ---- */

/* A pool that takes itself to have many more than there are. */
static void open_wishful(struct fetching *t, unsigned reactors,
                         unsigned timeout_ms) {
  lariat_pool_options pool = lariat_pool_defaults();
  lariat_client_options client = lariat_client_defaults();
  pool.reactors = reactors;
  pool.max_jobs = URLS;
  pool.max_connections = 1000;
  client.timeout_ms = timeout_ms;
  client.connect_timeout_ms = 0;
  client.max_queued = URLS;
  fetching_open(t, &pool, &client);
}

/* Of hosts that are addresses, or names that libcurl knows itself. */
static void ask_all(struct fetching *t, bool named, unsigned count) {
  for (unsigned i = 0; i < count; i++) {
    char host[64];
    char url[128];
    if (named)
      snprintf(host, sizeof host, "h%u.localhost", i % HOSTS);
    else
      snprintf(host, sizeof host, "127.0.%u.%u", i % HOSTS / 100 + 1,
               i % HOSTS % 100 + 1);
    snprintf(url, sizeof url, "http://%s:%u/wait/%u", host, port, 5 + i % 20);
    outcome_watch(&outcomes[i], lariat_get(t->client, url));
  }
}

static unsigned count_status(unsigned count, lariat_status status) {
  unsigned found = 0;
  for (unsigned i = 0; i < count; i++) found += outcomes[i].status == status;
  return found;
}

static void expect_all_answered(unsigned count) {
  unsigned answered = count_status(count, LARIAT_OK);
  if (answered != count) {
    unsigned i = 0;
    while (outcomes[i].status == LARIAT_OK) i++;
    fixture_fail("%u of %u answered; %s: %s", answered, count,
                 lariat_status_name(outcomes[i].status),
                 lariat_failure_message(outcomes[i].value));
  }
  outcome_clear(outcomes, count);
}

/* Attempts without a descriptor are few for each connection that was made, and
 * some for each tenth of a second, of which there may be any number. */
static void expect_few_attempts(struct fetching *t) {
  lariat_pool_stats stats = fetching_stats(t);
  CU_ASSERT(stats.descriptor_shortages > 0);
  if (stats.descriptor_shortages > 2 * stats.connections_opened + 2000)
    fixture_fail("%llu attempts in vain for %llu connections",
                 (unsigned long long)stats.descriptor_shortages,
                 (unsigned long long)stats.connections_opened);
}

static void fetch_with(unsigned reactors, unsigned descriptors, bool named,
                       unsigned count) {
  struct fetching t;
  open_wishful(&t, reactors, 0);
  leave_descriptors(descriptors);
  ask_all(&t, named, count);
  fetching_wait(&t, outcomes, count, PATIENCE_MS);
  expect_all_answered(count);
  expect_few_attempts(&t);
  give_descriptors_back();
  fetching_close(&t);
}

/* Each third request has a body, of each third the answer is not kept. */
static void ask_with_bodies(struct fetching *t, unsigned count) {
  for (unsigned i = 0; i < count; i++) {
    char url[128];
    lariat_request_options options = lariat_request_defaults(t->client);
    snprintf(url, sizeof url, "http://127.0.3.%u:%u/%s", i % 100 + 1, port,
             i % 3 == 1 ? "echo" : "page");
    if (i % 3 == 1) options.body = lariat_body_bytes("a body", 6);
    if (i % 3 == 2) options.sink = lariat_sink_discard();
    outcome_watch(
        &outcomes[i],
        lariat_request(t->client, i % 3 == 1 ? "POST" : "GET", url, &options));
  }
}

static void test_bodies(void) {
  enum { COUNT = 600 };
  struct fetching t;
  open_wishful(&t, 2, 0);
  leave_descriptors(30);
  ask_with_bodies(&t, COUNT);
  fetching_wait(&t, outcomes, COUNT, PATIENCE_MS);
  for (unsigned i = 1; i < COUNT; i += 3)
    if (outcomes[i].status == LARIAT_OK)
      CU_ASSERT_PTR_NOT_NULL(
          strstr(lariat_response_body(outcome_response(&outcomes[i]), NULL),
                 "a body"));
  expect_all_answered(COUNT);
  expect_few_attempts(&t);
  give_descriptors_back();
  fetching_close(&t);
}

static void test_one_reactor(void) { fetch_with(1, 40, false, URLS); }

static void test_two_reactors(void) { fetch_with(2, 40, false, URLS); }

static void test_hardly_any(void) { fetch_with(2, 8, false, URLS / 5); }

static void test_names(void) { fetch_with(2, 40, true, URLS / 2); }

static lariat_deferred *ask(struct fetching *t, unsigned host, const char *path,
                            unsigned timeout_ms) {
  char url[128];
  lariat_request_options options = lariat_request_defaults(t->client);
  options.timeout_ms = timeout_ms;
  snprintf(url, sizeof url, "http://127.0.9.%u:%u%s", host, port, path);
  return lariat_request(t->client, "GET", url, &options);
}

static bool has_one_waiting(const lariat_pool_stats *stats) {
  return stats->jobs_waiting_connection == 1 && stats->descriptor_shortages;
}

static bool has_one_receiver(const lariat_pool_stats *stats) {
  return stats->connections == 1 && stats->jobs_connecting == 0;
}

/* The one connection is in use for ever: who waits for it does so until its
 * deadline, or until the connection is given up. */
static void test_deadline(void) {
  struct fetching t;
  struct outcome last;
  open_wishful(&t, 1, 0);
  lariat_deferred *holder = ask(&t, 1, "/stall", 0);
  outcome_watch(&outcomes[0], lariat_deferred_retain(holder));
  fetching_wait_stats(&t, has_one_receiver);
  leave_descriptors(0);
  fetching_do(&t, &outcomes[1], ask(&t, 2, "/page", 700));
  outcome_expect_status(&outcomes[1], LARIAT_ETIMEDOUT);
  CU_ASSERT(fetching_stats(&t).descriptor_shortages < 50);
  outcome_watch(&last, ask(&t, 3, "/page", 60000));
  fetching_wait_stats(&t, has_one_waiting);
  lariat_deferred_cancel(holder);
  lariat_deferred_release(holder);
  fetching_wait(&t, &last, 1, 60000);
  outcome_expect_http(&last, 200);
  give_descriptors_back();
  outcome_clear(outcomes, 2);
  outcome_clear(&last, 1);
  fetching_close(&t);
}

/* Nothing of the pool's is open: nothing can come free. */
static void test_nothing_to_wait_for(void) {
  struct fetching t;
  open_wishful(&t, 2, 0);
  leave_descriptors(0);
  for (unsigned i = 0; i < 20; i++)
    outcome_watch(&outcomes[i], ask(&t, i + 1, "/page", 0));
  fetching_wait(&t, outcomes, 20, 60000);
  for (unsigned i = 0; i < 20; i++) {
    outcome_expect_status(&outcomes[i], LARIAT_ESYSTEM);
    CU_ASSERT_PTR_NOT_NULL(strstr(lariat_failure_message(outcomes[i].value),
                                  "too many open files"));
  }
  CU_ASSERT(fetching_stats(&t).descriptor_shortages < 500);
  give_descriptors_back();
  outcome_clear(outcomes, 20);
  fetching_do(&t, &outcomes[0], ask(&t, 1, "/page", 0));
  outcome_expect_http(&outcomes[0], 200);
  outcome_clear(outcomes, 1);
  fetching_close(&t);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"one reactor", test_one_reactor},
      {"two reactors", test_two_reactors},
      {"hardly any", test_hardly_any},
      {"names", test_names},
      {"bodies", test_bodies},
      {"the deadline", test_deadline},
      {"nothing to wait for", test_nothing_to_wait_for},
  };
  struct server server;
  if (!start_server(&server)) return 1;
  int failed =
      fixture_main("few_descriptors", tests, FIXTURE_COUNT(tests), argc, argv);
  stop_server(&server);
  return failed;
}
