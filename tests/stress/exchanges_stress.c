/* SPDX-License-Identifier: MIT
 * exchanges_stress.c: random schedules of exchanges over streams in memory
 * (support/exchange_plan.h): all kinds of answers, of requests, of bodies and
 * of sinks, in pieces, with waits, ends and resets at each byte, over TLS and
 * without.  Of each comes one outcome, the right one; the request that the
 * stream has taken is the one that was asked for; the connection is kept if it
 * may be, and closed if not; and nothing is left.
 *
 *   exchanges_stress [schedules [seed]]
 *
 * A schedule is made from its number alone: `exchanges_stress 1 NUMBER` runs
 * one that has failed again.  Usually 300,000, see scale.h. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "http/sha256.h"
#include "support/exchange_plan.h"
#include "support/fixture.h"
#include "support/memory_transport.h"
#include "support/producing.h"
#include "support/scale.h"
#include <lariat/client.h>
#include <lariat/failure.h>
#include <lariat/stream.h>

enum { FULL_SCALE = 300000, AT_ONCE = 64, ROUNDS = 60000, QUIET_ROUNDS = 4 };

struct bytes {
  char *bytes;
  size_t length;
};

/* An exchange of a batch. */
struct running {
  struct exchange_plan plan;
  struct plan_view view;       /* what must come of it, */
  struct plan_view again_view; /* and when it is made again */
  struct batch *batch;
  unsigned number; /* in the batch */
  bool warmed;     /* the exchange before it is over */
  lariat_deferred *deferred;
  unsigned fires;
  unsigned scripts; /* how often it was sent, */
  bool again;       /* last on a new connection, since an open one was dead */
  bool was_reused;
  bool stopped; /* cancelled, before there was an outcome */
  bool over;    /* the outcome, of a stream too, is there */
  lariat_status status;
  int http_status;
  bool has_sha256;
  uint8_t sha256[32];
  struct bytes body; /* of the answer, as it came */
  uint64_t body_bytes;
  lariat_stream *stream;
  lariat_deferred *next;
  int fd;
  struct producer producer;
  struct memory_link *link; /* its connection; NULL: closed */
  bool request_whole;       /* what was sent was all */
};

struct batch {
  struct fixture f;
  lariat_pool *pool;
  lariat_client *clients[2]; /* the second does not decode */
  struct memory_transport *transport;
  struct running *all;
  unsigned count;
  unsigned round;
  unsigned faults;
};

static uint64_t ends[100];
static uint64_t kept, closed_ones, repeated, stopped_ones;

static void fault(struct running *one, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void fault(struct running *one, const char *format, ...) {
  char text[300];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  if (one->batch->faults++ > 3) return;
  fixture_fail("schedule %llu: %s", (unsigned long long)one->plan.number, text);
  printf("\nschedule %llu: %s", (unsigned long long)one->plan.number, text);
  exchange_plan_print(&one->plan);
}

/* ---- What the server gets ---- */

static struct running *running_of(struct batch *batch, const lr_job *job) {
  const char *number = strstr(job->request.url.text, "//e");
  return &batch->all[strtoul(number + 3, NULL, 10) % batch->count];
}

static const struct memory_script *give_script(void *context, const lr_job *job,
                                               struct memory_link *link,
                                               bool reused) {
  struct running *one = running_of(context, job);
  link->user = one;
  one->link = link;
  if (!one->warmed && one->plan.reuses) return &one->plan.first;
  one->again = one->scripts++ > 0 || (one->plan.reuses && !reused);
  one->was_reused = reused;
  return one->again ? &one->plan.again : &one->plan.script;
}

/* Undoes the chunks of a request's body, in place.  False: it goes on. */
static bool undo_chunks(struct running *one, char *bytes, size_t *length) {
  size_t at = 0;
  size_t out = 0;
  while (at < *length) {
    char *end = memchr(bytes + at, '\n', *length - at);
    if (!end) break;
    size_t size = (size_t)strtoull(bytes + at, NULL, 16);
    at = (size_t)(end + 1 - bytes);
    if (size == 0) {
      bool whole = *length - at == 2;
      *length = out;
      return whole;
    }
    size_t there = *length - at < size ? *length - at : size;
    memmove(bytes + out, bytes + at, there);
    out += there;
    at += there;
    if (at + 1 < *length && memcmp(bytes + at, "\r\n", 2) != 0)
      fault(one, "a chunk of the request does not end");
    at += 2;
  }
  *length = out;
  return false;
}

/* Looks at what was sent in the end: all or the beginning of the request. */
static void check_sent(struct running *one, char *sent, size_t length) {
  const struct exchange_plan *plan = &one->plan;
  char *head_end = memmem(sent, length, "\r\n\r\n", 4);
  size_t method = strlen(plan->method);
  bool chunked = plan->body == PLAN_PRODUCER_CHUNKED;
  one->request_whole = false;
  if (memcmp(sent, plan->method, length < method ? length : method) != 0)
    fault(one, "another request was sent");
  if (!head_end) return;
  char *body = head_end + 4;
  size_t body_length = length - (size_t)(body - sent);
  bool last = chunked && undo_chunks(one, body, &body_length);
  size_t whole = plan->body ? plan->body_length : 0;
  if (body_length > whole ||
      (body_length && memcmp(body, produced_bytes(0), body_length) != 0))
    fault(one, "another body was sent, %zu bytes", body_length);
  one->request_whole = body_length == whole && (last || !chunked);
}

static void look_at_sent(struct memory_link *link) {
  struct running *one = link->user;
  if (!one || !one->scripts || !link->stream.sent) return;
  check_sent(one, link->stream.sent, link->stream.sent_length);
}

static void note_closed(void *context, struct memory_link *link) {
  struct running *one = link->user;
  (void)context;
  if (!one || one->link != link) return;
  if (link->stream.idle_turns > 2)
    fault(one, "it turned idly while TLS was to write or to read");
  look_at_sent(link);
  one->link = NULL;
}

/* ---- What the caller gets ---- */

static void add_body(struct running *one, const char *bytes, size_t length) {
  if (!length) return;
  char *larger = realloc(one->body.bytes, one->body.length + length);
  if (!larger) abort();
  memcpy(larger + one->body.length, bytes, length);
  one->body.bytes = larger;
  one->body.length += length;
}

static void note_digest(struct running *one, const uint8_t *digest) {
  one->has_sha256 = digest != NULL;
  if (digest) memcpy(one->sha256, digest, sizeof one->sha256);
}

static void end_stream(struct running *one, lariat_value result) {
  if (lariat_is_failure(result))
    one->status = lariat_failure_status(result);
  else
    note_digest(one, lariat_stream_sha256(one->stream));
  one->over = true;
}

static void take_chunk(struct running *one, lariat_value value) {
  size_t length = 0;
  if (value.type != &lariat_chunk_type) {
    end_stream(one, value);
    return;
  }
  const char *bytes = lariat_chunk_bytes(lariat_chunk_in(value), &length);
  add_body(one, bytes, length);
}

/* Takes chunks of a stream as far as they are there, or few for each round, but
 * more and more: some answers have thousands. */
static void take_stream(struct running *one) {
  unsigned most = one->plan.reads_slowly ? 1 + one->batch->round / 16 : 1000;
  while (one->stream && !one->over && most--) {
    if (!one->next) one->next = lariat_stream_next(one->stream);
    if (!lariat_deferred_fired(one->next)) return;
    lariat_value value = lariat_deferred_peek(one->next);
    take_chunk(one, value);
    lariat_deferred_forget(one->next);
    one->next = NULL;
  }
}

static void note_response(struct running *one,
                          const lariat_response *response) {
  size_t length = 0;
  const char *body = lariat_response_body(response, &length);
  one->http_status = lariat_response_status(response);
  one->stream = lariat_stream_retain(lariat_response_stream(response));
  if (one->stream) return;
  one->over = true;
  one->body_bytes = lariat_response_body_bytes(response);
  add_body(one, body, length);
  note_digest(one, lariat_response_sha256(response));
}

static lariat_value note_outcome(lariat_value result, void *context) {
  struct running *one = context;
  one->fires++;
  if (lariat_is_failure(result)) {
    one->status = lariat_failure_status(result);
    one->over = true;
  } else {
    note_response(one, lariat_response_in(result));
  }
  return lariat_value_drop(result);
}

/* ---- Requests ---- */

static int make_file(size_t length) {
  int fd = memfd_create("body", MFD_CLOEXEC);
  if (length && write(fd, produced_bytes(0), length) != (ssize_t)length)
    abort();
  return fd;
}

static void choose_body(struct running *one, lariat_request_options *options,
                        int *file) {
  const struct exchange_plan *plan = &one->plan;
  bool chunked = plan->body == PLAN_PRODUCER_CHUNKED;
  lariat_upload *upload = NULL;
  switch (plan->body) {
  case PLAN_NO_BODY:
    return;
  case PLAN_BYTES:
    options->body = lariat_body_bytes(produced_bytes(0), plan->body_length);
    return;
  case PLAN_FILE:
    *file = make_file(plan->body_length);
    options->body = lariat_body_file(*file, 0, LARIAT_LENGTH_UNKNOWN);
    return;
  default:
    if (lariat_upload_new(one->batch->f.reactor,
                          chunked ? LARIAT_LENGTH_UNKNOWN : plan->body_length,
                          4096, &upload) != LARIAT_OK)
      abort();
    options->body = lariat_body_producer(upload);
    one->producer.upload = upload;
  }
}

static void choose_sink(struct running *one, lariat_request_options *options) {
  options->max_body_bytes = one->plan.max_body_bytes;
  options->sha256 = one->plan.sha256;
  switch (one->plan.sink) {
  case LARIAT_SINK_STREAM:
    options->sink = lariat_sink_stream(one->plan.window);
    break;
  case LARIAT_SINK_FD:
    one->fd = make_file(0);
    options->sink = lariat_sink_fd(one->fd);
    break;
  case LARIAT_SINK_DISCARD:
    options->sink = lariat_sink_discard();
    break;
  default:
    break;
  }
}

static void write_url(const struct running *one, char *url, size_t capacity) {
  snprintf(url, capacity, "http://e%u/", one->number);
}

static void submit(struct running *one) {
  lariat_client *client = one->batch->clients[one->plan.decodes ? 0 : 1];
  lariat_request_options options = lariat_request_defaults(client);
  int file = -1;
  char url[64];
  write_url(one, url, sizeof url);
  choose_body(one, &options, &file);
  choose_sink(one, &options);
  one->warmed = true;
  one->deferred = lariat_request(client, one->plan.method, url, &options);
  lariat_deferred_add_both(one->deferred, note_outcome, one);
  if (file >= 0) close(file);
  if (one->producer.upload)
    producer_start(&one->producer, one->producer.upload, one->plan.body_length,
                   one->plan.piece);
}

/* Makes the exchange that is before it on its connection. */
static void warm(struct running *one) {
  char url[64];
  write_url(one, url, sizeof url);
  lariat_deferred_forget(lariat_request(
      one->batch->clients[0],
      strcmp(one->plan.method, "HEAD") == 0 ? "HEAD" : "GET", url, NULL));
}

/* ---- Rounds ---- */

static void settle(struct batch *batch) { fixture_settle(&batch->f); }

static void stop(struct running *one) {
  if (one->over) return;
  one->stopped = true;
  if (one->stream)
    lariat_stream_close(one->stream);
  else
    lariat_deferred_cancel(one->deferred);
}

/* Lets all take and stop what is due in this round. */
static bool act(struct batch *batch) {
  bool acted = false;
  for (unsigned i = 0; i < batch->count; i++) {
    struct running *one = &batch->all[i];
    uint64_t before = one->body.length;
    if (!one->deferred) continue;
    if (one->plan.stop_round == batch->round) stop(one);
    if (one->plan.stop_round > batch->round) acted = true;
    if (!one->plan.reads_slowly || batch->round % 3 == 0) take_stream(one);
    acted |= one->body.length != before;
  }
  return acted;
}

/* Goes on until nothing moves any more. */
static void run_rounds(struct batch *batch) {
  unsigned quiet = 0;
  for (batch->round = 1; quiet < QUIET_ROUNDS; batch->round++) {
    bool moved = memory_transport_round(batch->transport);
    moved |= lr_reactor_pending(batch->f.reactor);
    settle(batch);
    moved |= act(batch);
    settle(batch);
    quiet = moved ? 0 : quiet + 1;
    if (batch->round > ROUNDS) {
      fixture_fail("no end of rounds");
      return;
    }
  }
}

/* ---- Judgement ---- */

/* Says whether the answer may be what the server ended the connection with. */
static bool is_stale_408(const struct running *one) {
  return one->view.http_status == 408 &&
         (!one->view.keeps || one->plan.end != PLAN_STAYS);
}

/* Says whether the answer shows that the open connection was of no use. */
static bool is_dead(const struct running *one) {
  const struct plan_view *view = &one->view;
  if (view->ended_by && !view->begun) return true;
  return view->not_http && !view->begun;
}

/* Says whether nothing of the request goes out on the first connection. */
static bool is_refused(const struct running *one) {
  const struct memory_script *script = &one->plan.script;
  return script->send_count && script->sends[0].kind == MEMORY_LOST;
}

/* Says whether the connection has ended while the request was being sent, which
 * is a reset.  (The end of a file or a producer is found by one more read.) */
static bool is_reset(const struct running *one, lariat_status right) {
  return one->status == LARIAT_ERESET && right == LARIAT_EEMPTY &&
         strcmp(one->plan.method, "GET") != 0 &&
         (!one->request_whole || one->plan.body >= PLAN_FILE);
}

/* Says whether the outcome is what must come of the request, as it was sent
 * last. */
static bool is_right(const struct running *one) {
  lariat_status right = one->again ? one->again_view.status : one->view.status;
  if (one->was_reused && is_dead(one)) right = LARIAT_ERESET;
  if (one->status == right || is_reset(one, right)) return true;
  return !one->again && one->status == LARIAT_ERESET && is_refused(one);
}

/* A producer's body may be sent twice if nothing was read of it. */
static bool may_repeat(const struct running *one) {
  const struct plan_view *view = &one->view;
  if (one->plan.reuses && is_refused(one)) return true;
  if (!one->plan.reuses || strcmp(one->plan.method, "POST") == 0) return false;
  return is_dead(one) || is_stale_408(one) || view->used < one->plan.cut ||
         one->plan.script.send_count;
}

static void check_status(struct running *one) {
  const struct plan_view *view = one->again ? &one->again_view : &one->view;
  if (one->stopped && one->status == LARIAT_ECANCELLED) return;
  if (!is_right(one))
    fault(one, "%s, not %s", lariat_status_name(one->status),
          lariat_status_name(view->status));
  if (one->again && !may_repeat(one)) fault(one, "it was made again");
  if (one->plan.reuses && !one->again && is_dead(one) &&
      exchange_plan_repeats(&one->plan) && one->was_reused)
    fault(one, "it was not made again");
}

static void read_file(struct running *one) {
  char bytes[4096];
  ssize_t got;
  lseek(one->fd, 0, SEEK_SET);
  while ((got = read(one->fd, bytes, sizeof bytes)) > 0)
    add_body(one, bytes, (size_t)got);
}

static void check_digest(struct running *one, const struct plan_view *view) {
  uint8_t digest[32];
  if (!one->plan.sha256 || one->stopped) return; /* a closed stream has none */
  if (!lr_sha256_of(view->body, view->body_length, digest)) abort();
  if (!one->has_sha256 || memcmp(digest, one->sha256, sizeof digest) != 0)
    fault(one, "another digest");
}

static void check_body(struct running *one) {
  const struct plan_view *view = one->again ? &one->again_view : &one->view;
  if (one->status != LARIAT_OK) return;
  if (one->http_status != view->http_status)
    fault(one, "HTTP %d, not %d", one->http_status, view->http_status);
  check_digest(one, view);
  if (one->fd >= 0) read_file(one);
  if (one->plan.sink == LARIAT_SINK_DISCARD) {
    if (one->body_bytes != view->body_length)
      fault(one, "%llu bytes, not %zu", (unsigned long long)one->body_bytes,
            view->body_length);
  } else if (one->body.length != view->body_length ||
             (view->body_length &&
              memcmp(one->body.bytes, view->body, view->body_length) != 0)) {
    fault(one, "another body: %zu bytes, not %zu", one->body.length,
          view->body_length);
  }
}

/* The connection is kept if, and only if, the answer and its request were
 * whole and nothing else came. */
static void check_connection(struct running *one) {
  const struct exchange_plan *plan = &one->plan;
  const struct plan_view *view = &one->view;
  bool may = (one->status == LARIAT_OK || one->stopped) && !one->again &&
             view->keeps && plan->end == PLAN_STAYS && view->used == plan->cut;
  if (one->link) look_at_sent(one->link);
  bool whole = one->request_whole;
  if (one->link && one->link->stream.idle_turns > 2)
    fault(one, "it turned idly while TLS was to write or to read");
  if (one->link && !(may && whole))
    fault(one, "the connection was kept%s", whole ? "" : ", half a request");
  if (!one->link && may && whole && !one->stopped && plan->body < PLAN_FILE)
    fault(one, "the connection was closed");
  if (one->link)
    kept++;
  else
    closed_ones++;
}

static void judge(struct running *one) {
  if (one->fires != 1) fault(one, "it fired %u times", one->fires);
  if (!one->over) {
    fault(one, "it has no end");
    return;
  }
  check_status(one);
  check_body(one);
  check_connection(one);
  ends[-one->status]++;
  repeated += one->again;
  stopped_ones += one->stopped;
}

/* ---- Batches ---- */

static void open_batch(struct batch *batch) {
  struct memory_owner owner = {give_script, note_closed, batch};
  lariat_pool_options pool = lariat_pool_defaults();
  lariat_client_options client = lariat_client_defaults();
  fixture_open(&batch->f, FIXTURE_MANUAL_CLOCK);
  pool.max_connections = 2 * AT_ONCE;
  CU_ASSERT_EQUAL_FATAL(memory_pool_new(&pool, batch->f.reactor, &owner,
                                        &batch->pool, &batch->transport),
                        LARIAT_OK);
  client.max_redirects = 0;
  client.timeout_ms = 0;
  for (int i = 0; i < 2; i++) {
    client.no_decompress = i == 1;
    CU_ASSERT_EQUAL_FATAL(lariat_client_new(batch->pool, batch->f.reactor,
                                            &client, &batch->clients[i]),
                          LARIAT_OK);
  }
}

/* Ends the connections that are idle, from their servers' side. */
static void end_connections(struct batch *batch) {
  static const struct memory_script ending = {
      .receives = {{.kind = MEMORY_END}}, .receive_count = 1};
  lr_list *links = &batch->transport->links;
  for (lr_list *node = links->next; node != links; node = node->next)
    memory_stream_begin(&lr_container(node, struct memory_link, node)->stream,
                        &ending);
  for (unsigned i = 0; i < batch->count; i++) batch->all[i].link = NULL;
  for (int i = 0; i < 4; i++) {
    (void)memory_transport_round(batch->transport);
    settle(batch);
  }
}

static void check_nothing_left(struct batch *batch) {
  const struct memory_transport *transport = batch->transport;
  lariat_pool_stats stats = {.size = sizeof stats};
  CU_ASSERT_EQUAL(lariat_pool_read_stats(batch->pool, &stats), LARIAT_OK);
  CU_ASSERT_EQUAL(stats.jobs_taken, stats.jobs_done);
  CU_ASSERT_EQUAL(stats.jobs_running, 0);
  CU_ASSERT_EQUAL(stats.connections, 0);
  CU_ASSERT_EQUAL(transport->limit.open, 0);
  CU_ASSERT_EQUAL(transport->h1.running, 0);
  CU_ASSERT_EQUAL(transport->h1.receiving, 0);
  CU_ASSERT_EQUAL(transport->dispatcher->hosts.table.count, 0);
  CU_ASSERT_TRUE(lr_list_empty(&transport->links));
  CU_ASSERT_TRUE(lr_list_empty(&transport->h1.decode_queue.waiting));
}

static void close_batch(struct batch *batch) {
  for (int i = 0; i < 2; i++) lariat_client_close(batch->clients[i]);
  lariat_pool_release(batch->pool);
  settle(batch);
  fixture_close(&batch->f);
}

static void clear_one(struct running *one) {
  if (one->next) lariat_deferred_forget(one->next);
  lariat_stream_release(one->stream);
  if (one->deferred) lariat_deferred_release(one->deferred);
  if (one->fd >= 0) close(one->fd);
  free(one->body.bytes);
  plan_view_clear(&one->view);
  plan_view_clear(&one->again_view);
}

static void begin_one(struct batch *batch, unsigned index,
                      const struct exchange_plans *plans, uint64_t number) {
  struct running *one = &batch->all[index];
  memset(one, 0, sizeof *one);
  one->batch = batch;
  one->number = index;
  one->fd = -1;
  exchange_plan_make(&one->plan, plans, number);
  exchange_plan_view(&one->plan, false, &one->view);
  exchange_plan_view(&one->plan, true, &one->again_view);
}

/* What can come to an end has; what waits for more is cancelled. */
static void stop_waiting(struct batch *batch) {
  for (unsigned i = 0; i < batch->count; i++) {
    struct running *one = &batch->all[i];
    if (!one->over && !one->again && plan_view_waits(&one->plan, &one->view))
      stop(one);
  }
  run_rounds(batch);
}

static void run_batch(struct batch *batch, const struct exchange_plans *plans,
                      uint64_t first) {
  open_batch(batch);
  for (unsigned i = 0; i < batch->count; i++)
    begin_one(batch, i, plans, first + i);
  for (unsigned i = 0; i < batch->count; i++)
    if (batch->all[i].plan.reuses) warm(&batch->all[i]);
  settle(batch);
  run_rounds(batch);
  for (unsigned i = 0; i < batch->count; i++) submit(&batch->all[i]);
  settle(batch);
  run_rounds(batch);
  stop_waiting(batch);
  for (unsigned i = 0; i < batch->count; i++) judge(&batch->all[i]);
  end_connections(batch);
  check_nothing_left(batch);
  for (unsigned i = 0; i < batch->count; i++) clear_one(&batch->all[i]);
  close_batch(batch);
}

static uint64_t schedules;
static uint64_t first;
static uint64_t current; /* for whoever looks at a crash */

/* The sanitizers call it when they end the program. */
void __sanitizer_set_death_callback(void (*callback)(void))
    __attribute__((weak));

static void say_where(void) {
  fprintf(stderr, "in a batch from schedule %llu on\n",
          (unsigned long long)current);
}

/* A test in which something hardly ever happens is no test of it. */
static void report_deed(const char *name, uint64_t count) {
  printf("\n    %9llu %s", (unsigned long long)count, name);
  if (schedules >= 5000 && count < schedules / 1000)
    fixture_fail("%s: only %llu", name, (unsigned long long)count);
}

static void report(void) {
  for (int i = 0; i < (int)FIXTURE_COUNT(ends); i++)
    if (ends[i])
      printf("\n    %9llu %s", (unsigned long long)ends[i],
             lariat_status_name((lariat_status)-i));
  report_deed("connections kept", kept);
  report_deed("closed", closed_ones);
  report_deed("made again", repeated);
  report_deed("cancelled", stopped_ones);
}

static void test_schedules(void) {
  struct exchange_plans plans;
  struct batch batch = {.all = calloc(AT_ONCE, sizeof *batch.all)};
  CU_ASSERT_PTR_NOT_NULL_FATAL(batch.all);
  CU_ASSERT_TRUE_FATAL(exchange_plans_open(&plans));
  for (uint64_t i = 0; i < schedules && !batch.faults; i += batch.count) {
    current = first + i;
    batch.count = schedules - i < AT_ONCE ? (unsigned)(schedules - i) : AT_ONCE;
    run_batch(&batch, &plans, current);
  }
  report();
  printf(" ");
  exchange_plans_close(&plans);
  free(batch.all);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {{"schedules", test_schedules}};
  schedules = scale_of(FULL_SCALE, argc, argv);
  first = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
  if (__sanitizer_set_death_callback) __sanitizer_set_death_callback(say_where);
  printf("%llu schedules from %llu on\n", (unsigned long long)schedules,
         (unsigned long long)first);
  return fixture_main("exchanges_stress", tests, 1, 1, argv);
}
