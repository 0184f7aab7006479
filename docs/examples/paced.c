/* SPDX-License-Identifier: MIT
 * paced: asks for a URL at a steady rate, whatever the server does, and prints
 * how long the answers took: for whoever asks at those instants, and for the
 * server alone.
 *
 * usage: paced URL [REQUESTS_PER_SECOND [COUNT]] */
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <lariat/lariat.h>

static const uint64_t ns_per_s = UINT64_C(1000000000);

/* What is recorded of each request, in nanoseconds. */
enum { RESPONSE, WIRE, LATE, KINDS };
static const char *const names[KINDS] = {"response", "wire", "late"};

struct run {
  lariat_reactor *reactor;
  lariat_pool *pool;
  lariat_client *client;
  lariat_histogram *times[KINDS];
  const char *url;
  uint64_t rate;
  uint64_t count;
  uint64_t start_ns;
  uint64_t sent;
  uint64_t ended;
  uint64_t failed;
};

/* A request, which is due at an instant. */
struct due {
  struct run *run;
  uint64_t at_ns;
};

static uint64_t since(uint64_t later_ns, uint64_t earlier_ns) {
  return later_ns > earlier_ns ? later_ns - earlier_ns : 0;
}

static void record(struct run *run, uint64_t due_ns, lariat_instants instants) {
  lariat_histogram_record(run->times[RESPONSE],
                          since(instants.arrived_ns, due_ns));
  lariat_histogram_record(run->times[WIRE],
                          since(instants.arrived_ns, instants.sent_ns));
  lariat_histogram_record(run->times[LATE], since(instants.sent_ns, due_ns));
}

static lariat_value on_end(lariat_value result, void *context) {
  struct due *due = context;
  struct run *run = due->run;
  if (lariat_is_failure(result))
    run->failed++;
  else
    record(run, due->at_ns,
           lariat_response_instants(lariat_response_in(result)));
  free(due);
  if (++run->ended == run->count) (void)lariat_reactor_stop(run->reactor);
  return lariat_value_drop(result);
}

static void send_one(struct run *run, uint64_t due_ns) {
  struct due *due = malloc(sizeof *due);
  run->sent++;
  if (!due) abort();
  *due = (struct due){run, due_ns};
  lariat_deferred_forget(
      lariat_deferred_add_both(lariat_get(run->client, run->url), on_end, due));
}

static uint64_t next_due_ns(const struct run *run) {
  return run->start_ns + run->sent * ns_per_s / run->rate;
}

/* Sends what is due, and comes back for the next: a request that is sent late
 * does not move those behind it. */
static void send_due(void *context) {
  struct run *run = context;
  uint64_t now_ns = lariat_reactor_now_ns(run->reactor);
  while (run->sent < run->count && next_due_ns(run) <= now_ns)
    send_one(run, next_due_ns(run));
  if (run->sent < run->count &&
      lariat_reactor_call_at(run->reactor, next_due_ns(run), send_due, run,
                             NULL, NULL) != LARIAT_OK)
    (void)lariat_reactor_crash(run->reactor);
}

static lariat_status open_run(struct run *run) {
  lariat_client_options options = lariat_client_defaults();
  options.timestamps = LARIAT_TIMESTAMPS_KERNEL;
  lariat_status status = lariat_reactor_new(NULL, &run->reactor);
  if (status == LARIAT_OK) status = lariat_pool_new(NULL, &run->pool);
  if (status == LARIAT_OK)
    status = lariat_client_new(run->pool, run->reactor, &options, &run->client);
  for (int i = 0; i < KINDS && status == LARIAT_OK; i++)
    status = lariat_histogram_new(&run->times[i]);
  return status;
}

static void close_run(struct run *run) {
  lariat_client_close(run->client);
  (void)lariat_reactor_close(run->reactor, 1000);
  lariat_pool_release(run->pool);
  for (int i = 0; i < KINDS; i++) lariat_histogram_free(run->times[i]);
}

static void print_times(const struct run *run) {
  for (int i = 0; i < KINDS; i++) {
    const lariat_histogram *times = run->times[i];
    printf("%-8s %" PRIu64 " values, p50 %.1f us, p99 %.1f us, most %.1f us\n",
           names[i], lariat_histogram_count(times),
           (double)lariat_histogram_percentile(times, 50) / 1000,
           (double)lariat_histogram_percentile(times, 99) / 1000,
           (double)lariat_histogram_max(times) / 1000);
    if (lariat_histogram_lost(times))
      printf("%-8s %" PRIu64 " values lost\n", "",
             lariat_histogram_lost(times));
  }
}

int main(int argc, char **argv) {
  struct run run = {.rate = 100, .count = 100};
  if (argc > 2) run.rate = strtoull(argv[2], NULL, 10);
  if (argc > 3) run.count = strtoull(argv[3], NULL, 10);
  if (argc < 2 || !run.rate || !run.count) {
    fprintf(stderr, "usage: paced URL [REQUESTS_PER_SECOND [COUNT]]\n");
    return 2;
  }
  run.url = argv[1];
  lariat_status status = open_run(&run);
  if (status == LARIAT_OK) {
    run.start_ns = lariat_reactor_now_ns(run.reactor);
    send_due(&run);
    status = lariat_reactor_run(run.reactor);
  }
  if (status != LARIAT_OK)
    fprintf(stderr, "paced: %s\n", lariat_status_text(status));
  else
    print_times(&run);
  close_run(&run);
  return status != LARIAT_OK || run.failed > 0;
}
