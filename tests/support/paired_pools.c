/* SPDX-License-Identifier: MIT
 * See paired_pools.h. */
#define _GNU_SOURCE
#include "support/paired_pools.h"

#include <ctype.h>
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "support/producing.h"
#include <lariat/failure.h>
#include <lariat/stream.h>
#include <lariat/upload.h>

enum {
  LONG_MS = 60000,     /* no fetch but a silent one takes that long */
  PATIENCE_MS = 90000, /* for a wave */
  BODY_MOST = 8 * 1024 * 1024,
  TOLD = 200,       /* differences that are described */
  FEW_BYTES = 1000, /* of requests' bodies */
  MANY_BYTES = 300 * 1024,
  LARGE_BYTES = 4 * 1024 * 1024,
  FILE_BYTES = 100 * 1000,
  HOLDER = MANUAL_ANSWERS - 1 /* the number that is not answered */
};

static const char *const names[PAIRED_POOLS] = {"by libcurl", "by default"};

/* Tells a pair's origin that its answer has been taken. */
struct note {
  struct manual_server *origin;
  unsigned number;
};

/* A trial, under way. */
struct run {
  const struct paired_pools_trial *trial;
  char host[16];
  unsigned number;
  struct note note[PAIRED_POOLS];
  int fd[PAIRED_POOLS];
  struct producer producer[PAIRED_POOLS];
  char *text[PAIRED_POOLS];
  size_t length[PAIRED_POOLS];
  lariat_deferred
      *holder[PAIRED_POOLS]; /* PAIRED_ANEW: has the other connection */
};

struct wave {
  struct paired_pools *pools;
  struct run run[PAIRED_WAVE];
  struct outcome outcome[PAIRED_WAVE * PAIRED_POOLS];
  struct outcome held[PAIRED_WAVE * PAIRED_POOLS];
  size_t count;
};

static int new_file(void) {
  int fd = memfd_create("body", MFD_CLOEXEC);
  if (fd < 0) abort();
  return fd;
}

/* ---- Opening and closing ---- */

lariat_pool_options paired_pools_pool_options(size_t index) {
  lariat_pool_options options = lariat_pool_defaults();
  options.reactors = 1;
  options.lane_connections = 1; /* no trial is another's neighbour */
  options.libcurl_only = index == 0;
  return options;
}

static void open_twin(struct paired_pools *pools, size_t index) {
  struct paired_pool *pair = &pools->pair[index];
  lariat_pool_options pool = paired_pools_pool_options(index);
  lariat_client_options client = lariat_client_defaults();
  client.timeout_ms = LONG_MS;
  client.max_body_bytes = BODY_MOST;
  client.sha256 = true;
  if (index == 0)
    fetching_open_pool(&pools->t, &pool);
  else if (lariat_pool_new(&pool, &pair->pool) != LARIAT_OK)
    abort();
  if (index == 0) pair->pool = pools->t.pool;
  lariat_reactor *reactor = pools->t.f.reactor;
  if (lariat_client_new(pair->pool, reactor, &client, &pair->client)) abort();
  client.no_decompress = true;
  if (lariat_client_new(pair->pool, reactor, &client, &pair->undecoded))
    abort();
  pair->origin = manual_server_start("127.0.0.0/8", 0);
  if (!pair->origin) abort();
}

void paired_pools_open(struct paired_pools *pools) {
  memset(pools, 0, sizeof *pools);
  for (size_t i = 0; i < PAIRED_POOLS; i++) open_twin(pools, i);
  pools->t.client = pools->pair[0].client;
  pools->body_fd = new_file();
  if (write(pools->body_fd, produced_bytes(0), FILE_BYTES) != FILE_BYTES)
    abort();
}

static void expect_quiet(struct paired_pool *pair) {
  lariat_pool_stats stats = {.size = sizeof stats};
  CU_ASSERT_EQUAL(lariat_pool_read_stats(pair->pool, &stats), LARIAT_OK);
  CU_ASSERT_EQUAL(stats.jobs_running, 0);
  CU_ASSERT_EQUAL(stats.jobs_queued, 0);
}

void paired_pools_close(struct paired_pools *pools) {
  for (size_t i = 0; i < PAIRED_POOLS; i++) {
    struct paired_pool *pair = &pools->pair[i];
    expect_quiet(pair);
    manual_server_stop(pair->origin);
    lariat_client_close(pair->undecoded);
    if (i == 0) continue;
    lariat_client_close(pair->client);
    lariat_pool_release(pair->pool);
  }
  printf("\n    %llu trials, %llu differences and %llu by lines kept back; the "
         "next request spoilt by libcurl %llu times, by default %llu ",
         (unsigned long long)pools->trials,
         (unsigned long long)pools->differences,
         (unsigned long long)pools->kept_back,
         (unsigned long long)pools->spoilt[0],
         (unsigned long long)pools->spoilt[1]);
  close(pools->body_fd);
  fetching_close(&pools->t);
}

/* The outcome, in words. */

static void tell_bytes(FILE *to, const char *bytes, size_t length) {
  for (size_t i = 0; i < length; i++) {
    unsigned char c = (unsigned char)bytes[i];
    if (c == '\r')
      fputs("\\r", to);
    else if (c == '\n')
      fputs("\\n", to);
    else if (isprint(c))
      fputc(c, to);
    else
      fprintf(to, "\\%03o", c);
  }
}

static uint64_t sum_of(const char *bytes, size_t length) {
  uint64_t sum = UINT64_C(14695981039346656037);
  for (size_t i = 0; i < length; i++)
    sum = (sum ^ (unsigned char)bytes[i]) * UINT64_C(1099511628211);
  return sum;
}

static void tell_body(FILE *to, const char *what, const char *bytes,
                      size_t length) {
  fprintf(to, "%s of %zu bytes (%016llx): ", what, length,
          (unsigned long long)sum_of(bytes, length));
  tell_bytes(to, bytes, length < 100 ? length : 100);
  fputc('\n', to);
}

static void tell_digest(FILE *to, const uint8_t *digest) {
  if (!digest) return;
  fputs("sha256 ", to);
  for (size_t i = 0; i < 32; i++) fprintf(to, "%02x", digest[i]);
  fputc('\n', to);
}

static void tell_headers(FILE *to, const lariat_response *response) {
  size_t count = lariat_response_header_count(response);
  fprintf(to, "%zu headers\n", count);
  for (size_t i = 0; i < count; i++) {
    lariat_header header = lariat_response_header_at(response, i);
    fputs("  ", to);
    tell_bytes(to, header.name, strlen(header.name));
    fputs(": ", to);
    tell_bytes(to, header.value, strlen(header.value));
    fputc('\n', to);
  }
}

/* Without the host's port, in which the pools differ. */
static const char *path_of(const char *url) {
  const char *at = strstr(url, "://");
  at = at ? strchr(at + 3, '/') : NULL;
  return at ? at : "";
}

static void tell_attempt(FILE *to, lariat_attempt attempt) {
  fprintf(to, "attempt: %s, HTTP %d\n", lariat_status_name(attempt.status),
          attempt.http_status);
}

static void tell_response(FILE *to, const struct run *run,
                          const lariat_response *response) {
  size_t length = 0;
  const char *body = lariat_response_body(response, &length);
  fprintf(to, "HTTP %d, version %d, %u redirects, %s from %s\n",
          lariat_response_status(response),
          lariat_response_http_version(response),
          lariat_response_redirects(response),
          path_of(lariat_response_url(response)),
          lariat_response_remote_ip(response));
  fprintf(to, "%llu bytes, retries: %s\n",
          (unsigned long long)lariat_response_body_bytes(response),
          lariat_retry_end_name(lariat_response_retry_end(response)));
  tell_headers(to, response);
  tell_body(to, "body", body, length);
  tell_digest(to, lariat_response_sha256(response));
  for (size_t i = 0;
       run->trial->exact && i < lariat_response_attempts(response); i++)
    tell_attempt(to, lariat_response_attempt_at(response, i));
}

static void tell_failure(FILE *to, const struct run *run,
                         lariat_value failure) {
  fprintf(to, "%s in %s, HTTP %d, limit: %s, retries: %s\n",
          lariat_status_name(lariat_failure_status(failure)),
          lariat_phase_name(lariat_failure_phase(failure)),
          lariat_failure_http_status(failure),
          lariat_time_limit_name(lariat_failure_time_limit(failure)),
          lariat_retry_end_name(lariat_failure_retry_end(failure)));
  for (size_t i = 0; run->trial->exact && i < lariat_failure_attempts(failure);
       i++)
    tell_attempt(to, lariat_failure_attempt_at(failure, i));
}

static void tell_file(FILE *to, int fd) {
  static char bytes[2 * 1024 * 1024];
  ssize_t got = pread(fd, bytes, sizeof bytes, 0);
  tell_body(to, "file", bytes, got > 0 ? (size_t)got : 0);
}

static void tell_outcome(FILE *to, const struct run *run, size_t pair,
                         const struct outcome *outcome) {
  if (outcome->fires != 1) {
    fprintf(to, "fired %u times\n", outcome->fires);
  } else if (outcome->status) {
    tell_failure(to, run, outcome->value);
  } else if (lariat_response_in(outcome->value)) {
    tell_response(to, run, lariat_response_in(outcome->value));
    if (run->fd[pair] >= 0) tell_file(to, run->fd[pair]);
  }
}

static void tell_chunk(FILE *to, const struct run *run,
                       const struct outcome *outcome) {
  size_t length = 0;
  if (outcome->status) {
    tell_failure(to, run, outcome->value);
    return;
  }
  const char *bytes = "";
  if (outcome->value.type == &lariat_chunk_type)
    bytes = lariat_chunk_bytes(lariat_chunk_in(outcome->value), &length);
  tell_body(to, "stream", bytes, length);
}

/* Adds to what is known of a run. */
static void tell(struct run *run, size_t pair, const struct outcome *outcome,
                 const char *what,
                 void (*how)(FILE *to, const struct run *run, size_t pair,
                             const struct outcome *outcome)) {
  char *text = NULL;
  size_t length = 0;
  FILE *to = open_memstream(&text, &length);
  if (!to) abort();
  if (run->text[pair]) fputs(run->text[pair], to);
  fprintf(to, "%s: ", what);
  how(to, run, pair, outcome);
  if (fclose(to)) abort();
  free(run->text[pair]);
  run->text[pair] = text;
  run->length[pair] = length;
}

static void tell_stream(FILE *to, const struct run *run, size_t pair,
                        const struct outcome *outcome) {
  (void)pair;
  tell_chunk(to, run, outcome);
}

/* ---- Asking ---- */

static const char *url_of(const struct wave *wave, const struct run *run,
                          size_t pair, const char *path, char *out,
                          size_t capacity) {
  snprintf(out, capacity, "http://%s:%u%s", run->host,
           wave->pools->pair[pair].origin->port, path);
  return out;
}

static void set_retries(lariat_retry_policy *policy) {
  static const int statuses[] = {408, 429, 500, 502, 503, 504};
  *policy = lariat_retry_defaults();
  policy->max_retries = 2;
  policy->base_ms = 1;
  policy->cap_ms = 2;
  policy->retry_after_max_ms = 10;
  policy->statuses = statuses;
  policy->status_count = FIXTURE_COUNT(statuses);
  policy->no_budget = true;
}

static lariat_body body_of_producer(struct paired_pools *pools,
                                    struct producer *producer, bool known) {
  uint64_t length = known ? MANY_BYTES : LARIAT_LENGTH_UNKNOWN;
  lariat_upload *upload = NULL;
  if (lariat_upload_new(pools->t.f.reactor, length, 0, &upload)) abort();
  producer->upload = upload;
  return lariat_body_producer(upload);
}

static const char large_body[LARGE_BYTES];

static lariat_body body_of(struct paired_pools *pools, struct run *run,
                           size_t pair) {
  struct producer *producer = &run->producer[pair];
  switch (run->trial->body) {
  case PAIRED_BYTES:
    return lariat_body_bytes(produced_bytes(0), FEW_BYTES);
  case PAIRED_MANY:
    return lariat_body_bytes(produced_bytes(0), MANY_BYTES);
  case PAIRED_LARGE:
    return lariat_body_bytes(large_body, LARGE_BYTES);
  case PAIRED_FILE:
    return lariat_body_file(pools->body_fd, 0, FILE_BYTES);
  case PAIRED_PRODUCED:
    return body_of_producer(pools, producer, true);
  case PAIRED_CHUNKS:
    return body_of_producer(pools, producer, false);
  default:
    return lariat_body_none();
  }
}

static lariat_deferred *ask_trial(struct wave *wave, struct run *run,
                                  size_t pair) {
  const struct paired_pools_trial *trial = run->trial;
  struct paired_pool *who = &wave->pools->pair[pair];
  lariat_client *client =
      trial->how == PAIRED_UNDECODED ? who->undecoded : who->client;
  lariat_request_options options = lariat_request_defaults(client);
  lariat_retry_policy policy;
  static const lariat_header expect = {"Expect", "100-continue"};
  char path[32], url[96];
  snprintf(path, sizeof path, "/case/%u", run->number);
  if (trial->timeout_ms) options.timeout_ms = trial->timeout_ms;
  if (trial->how == PAIRED_LIMITED) options.max_body_bytes = 8;
  if (trial->how == PAIRED_DISCARDED) options.sink = lariat_sink_discard();
  if (trial->how == PAIRED_STREAMED) options.sink = lariat_sink_stream(0);
  set_retries(&policy);
  if (trial->how == PAIRED_AGAIN) options.retry = &policy;
  if (trial->how == PAIRED_TO_FD) {
    run->fd[pair] = new_file();
    options.sink = lariat_sink_fd(run->fd[pair]);
  }
  if (trial->how == PAIRED_EXPECTING) {
    options.headers = &expect;
    options.header_count = 1;
  }
  options.body = body_of(wave->pools, run, pair);
  lariat_deferred *deferred =
      lariat_request(client, trial->method,
                     url_of(wave, run, pair, path, url, sizeof url), &options);
  struct producer *producer = &run->producer[pair];
  if (producer->upload)
    producer_start(producer, producer->upload, MANY_BYTES, 20 * 1000);
  return deferred;
}

/* Before the trial, so that there is a connection; and after it. */
static lariat_deferred *ask_cleanly(struct wave *wave, struct run *run,
                                    size_t pair) {
  char url[96];
  return lariat_get(wave->pools->pair[pair].client,
                    url_of(wave, run, pair, "/clean", url, sizeof url));
}

typedef lariat_deferred *(*asker)(struct wave *wave, struct run *run,
                                  size_t pair);

static struct outcome *outcome_of(struct wave *wave, size_t run, size_t pair) {
  return &wave->outcome[run * PAIRED_POOLS + pair];
}

static void note_answered(struct outcome *outcome, void *context) {
  const struct note *note = context;
  (void)outcome;
  manual_server_answered(note->origin, note->number);
}

static void ask_all(struct wave *wave, asker ask, bool not_first) {
  for (size_t i = 0; i < wave->count; i++)
    for (size_t pair = 0; pair < PAIRED_POOLS; pair++) {
      struct run *run = &wave->run[i];
      struct outcome *outcome = outcome_of(wave, i, pair);
      memset(outcome, 0, sizeof *outcome);
      outcome->fires = not_first && run->trial->position == PAIRED_FIRST;
      if (!outcome->fires)
        outcome_watch_then(outcome, ask(wave, run, pair),
                           ask == ask_trial ? note_answered : NULL,
                           &run->note[pair]);
    }
  if (!fetching_wait(&wave->pools->t, wave->outcome, wave->count * PAIRED_POOLS,
                     PATIENCE_MS))
    abort(); /* with the outcomes on this stack there is no going on */
}

static void clear_all(struct wave *wave) {
  outcome_clear(wave->outcome, wave->count * PAIRED_POOLS);
}

/* ---- Streams ---- */

static lariat_stream *stream_of(const struct outcome *outcome) {
  if (!outcome->kept || outcome->status) return NULL;
  return lariat_response_stream(lariat_response_in(outcome->value));
}

static lariat_value take_chunk(lariat_value value, void *context) {
  struct outcome *outcome = context;
  outcome->fires++;
  outcome->kept = true;
  outcome->value = value;
  if (lariat_is_failure(value)) outcome->status = lariat_failure_status(value);
  return lariat_none();
}

static void read_stream(lariat_stream *stream, struct outcome *outcome) {
  memset(outcome, 0, sizeof *outcome);
  outcome->fires = stream == NULL;
  if (stream)
    lariat_deferred_release(lariat_deferred_add_both(
        lariat_stream_read_all(stream, BODY_MOST), take_chunk, outcome));
}

/* The responses stay until their streams have been read. */
static void read_streams(struct wave *wave) {
  struct outcome chunk[PAIRED_POOLS];
  for (size_t i = 0; i < wave->count; i++) {
    for (size_t pair = 0; pair < PAIRED_POOLS; pair++)
      read_stream(stream_of(outcome_of(wave, i, pair)), &chunk[pair]);
    if (!fetching_wait(&wave->pools->t, chunk, PAIRED_POOLS, PATIENCE_MS))
      abort();
    for (size_t pair = 0; pair < PAIRED_POOLS; pair++)
      if (chunk[pair].kept)
        tell(&wave->run[i], pair, &chunk[pair], "stream", tell_stream);
    outcome_clear(chunk, PAIRED_POOLS);
  }
}

/* ---- A wave ---- */

static void settle(struct wave *wave) {
  for (size_t pair = 0; pair < PAIRED_POOLS; pair++)
    if (!manual_server_settle(wave->pools->pair[pair].origin, PATIENCE_MS))
      fixture_fail("a server has not come to its end");
}

static void begin_wave(struct wave *wave, struct paired_pools *pools,
                       const struct paired_pools_trial *trials, size_t count) {
  static const struct manual_answer none = {.bytes = "", .end = MANUAL_HOLD};
  wave->pools = pools;
  wave->count = count;
  for (size_t pair = 0; pair < PAIRED_POOLS; pair++)
    manual_server_answer(pools->pair[pair].origin, HOLDER, &none);
  for (size_t i = 0; i < count; i++) {
    struct run *run = &wave->run[i];
    unsigned host = pools->hosts++;
    *run = (struct run){.trial = &trials[i],
                        .number = (unsigned)i,
                        .fd = {-1, -1},
                        .text = {NULL, NULL}};
    snprintf(run->host, sizeof run->host, "127.%u.%u.%u",
             16 + (host >> 16) % 128, (host >> 8) & 255, host & 255);
    for (size_t pair = 0; pair < PAIRED_POOLS; pair++) {
      struct manual_server *origin = pools->pair[pair].origin;
      run->note[pair] = (struct note){origin, run->number};
      manual_server_answer(origin, run->number, &trials[i].answer);
    }
  }
}

static void tell_all(struct wave *wave) {
  for (size_t i = 0; i < wave->count; i++)
    for (size_t pair = 0; pair < PAIRED_POOLS; pair++)
      tell(&wave->run[i], pair, outcome_of(wave, i, pair), "it", tell_outcome);
}

static bool is_clean(const struct outcome *outcome) {
  if (outcome->fires != 1 || outcome->status || outcome->http_status != 200)
    return false;
  const lariat_response *response = lariat_response_in(outcome->value);
  return strcmp(lariat_response_body(response, NULL), "ok\n") == 0;
}

static void expect_clean_before(struct wave *wave) {
  for (size_t i = 0; i < wave->count; i++)
    for (size_t pair = 0; pair < PAIRED_POOLS; pair++) {
      const struct run *run = &wave->run[i];
      const struct outcome *outcome = outcome_of(wave, i, pair);
      if (run->trial->position != PAIRED_FIRST && !is_clean(outcome))
        fixture_fail("%s: the request before it, %s: %s, HTTP %d",
                     run->trial->name, names[pair],
                     lariat_status_name(outcome->status), outcome->http_status);
    }
}

static struct manual_seen seen_by(const struct wave *wave,
                                  const struct run *run, size_t pair) {
  return manual_server_seen(wave->pools->pair[pair].origin, run->number);
}

/* That the trial was what it is said to be. */
static void expect_place(const struct wave *wave, const struct run *run) {
  for (size_t pair = 0; pair < PAIRED_POOLS; pair++) {
    unsigned position = seen_by(wave, run, pair).position;
    if (position == (run->trial->position == PAIRED_SECOND ? 2 : 1)) continue;
    fixture_fail("%s, %s: it was number %u on its connection", run->trial->name,
                 names[pair], position);
  }
}

/* libcurl (7.88) takes a connection with bytes in it that nobody asked for as
 * good.  Where libcurl has read the answer, so that such bytes are in one of
 * its connections, what becomes of the next request is its own business; where
 * lariat has, the next must get its own answer. */
static void tell_next(struct wave *wave) {
  for (size_t i = 0; i < wave->count; i++) {
    struct run *run = &wave->run[i];
    bool libcurls = run->trial->position == PAIRED_FIRST ||
                    seen_by(wave, run, 1).requests > 1;
    for (size_t pair = 0; pair < PAIRED_POOLS; pair++)
      wave->pools->spoilt[pair] += !is_clean(outcome_of(wave, i, pair));
    if (libcurls || is_clean(outcome_of(wave, i, 1))) continue;
    for (size_t pair = 0; pair < PAIRED_POOLS; pair++)
      tell(run, pair, outcome_of(wave, i, pair), "the next", tell_outcome);
    fixture_fail("%s: the request after it: %s", run->trial->name,
                 lariat_status_name(outcome_of(wave, i, 1)->status));
  }
}

static void expect_failure(struct wave *wave, size_t index) {
  const struct paired_pools_trial *trial = wave->run[index].trial;
  for (size_t pair = 0; trial->expects && pair < PAIRED_POOLS; pair++) {
    const struct outcome *outcome = outcome_of(wave, index, pair);
    if (outcome->status == trial->expects &&
        (!trial->phase || outcome->phase == trial->phase))
      continue;
    fixture_fail(
        "%s, %s: %s in %s, not %s in %s", trial->name, names[pair],
        lariat_status_name(outcome->status), lariat_phase_name(outcome->phase),
        lariat_status_name(trial->expects), lariat_phase_name(trial->phase));
  }
}

/* ---- Differences ---- */

static void describe_trial(FILE *to, const struct paired_pools_trial *trial) {
  static const char *const hows[PAIRED_HOWS] = {
      "plainly",  "undecoded", "limited",      "to a file",
      "streamed", "discarded", "with retries", "expecting 100"};
  static const char *const ends[] = {"kept", "held", "closed", "reset"};
  const struct manual_answer *answer = &trial->answer;
  static const char *const places[PAIRED_POSITIONS] = {"second", "first",
                                                       "first, anew,"};
  static const char *const bodies[PAIRED_BODIES] = {
      "",
      ", a few bytes",
      ", many bytes",
      ", a large one",
      ", a file",
      ", a producer's",
      ", a producer's, in chunks"};
  fprintf(to, "%s, %s%s, %s, the %s on its connection, which is %s; ",
          trial->name, trial->method, bodies[trial->body], hows[trial->how],
          places[trial->position], ends[answer->end]);
  if (answer->apart) fputs("a byte at a time; ", to);
  for (size_t i = 0; i < MANUAL_CUTS; i++)
    if (answer->cuts[i]) fprintf(to, "cut at %zu; ", answer->cuts[i]);
  if (answer->early)
    fprintf(to, "at %zu bytes of the body, %s; ", answer->early_at,
            answer->early == MANUAL_DEAF ? "and no more is read"
                                         : "and all is read");
  fprintf(to, "%zu bytes:\n", answer->length);
  tell_bytes(to, answer->bytes, answer->length < 600 ? answer->length : 600);
  fputc('\n', to);
}

static bool is_same(const struct run *run) {
  return run->length[0] == run->length[1] &&
         !memcmp(run->text[0], run->text[1], run->length[0]);
}

static bool has_whole_head(const struct manual_answer *answer) {
  return memmem(answer->bytes, answer->length, "\n\r\n", 3) ||
         memmem(answer->bytes, answer->length, "\n\n", 2);
}

/* Says whether a text is that of a fetch which failed for its head. */
static bool is_head_failure(const char *text) {
  static const char *const failures[] = {
      "it: protocol-error in ", "it: truncated in ", "it: timed-out in "};
  for (size_t i = 0; i < FIXTURE_COUNT(failures); i++)
    if (strncmp(text, failures[i], strlen(failures[i])) == 0) return true;
  return false;
}

/* Says whether libcurl keeps a line back until more comes, as it may be
 * continued: from 8.18 on. */
static bool keeps_lines_back(void) {
  return curl_version_info(CURLVERSION_NOW)->version_num >= 0x081200;
}

/* Says whether a head that goes no further was to fail either way, but what is
 * wrong with its last line has not been seen. */
static bool is_head_kept_back(const struct run *run) {
  return !has_whole_head(&run->trial->answer) &&
         is_head_failure(run->text[0]) && is_head_failure(run->text[1]);
}

/* Says whether a chunked answer has a trailer that is continued, and libcurl
 * has refused that: it does so if the second line comes by itself, which is for
 * the sockets to decide. */
static bool is_trailer_kept_back(const struct run *run) {
  const struct manual_answer *answer = &run->trial->answer;
  const char *last = memmem(answer->bytes, answer->length, "\r\n0\r\n", 5);
  if (!last || !strstr(run->text[0], "protocol-error")) return false;
  size_t left = answer->length - (size_t)(last - answer->bytes);
  return memmem(last, left, "\n ", 2) || memmem(last, left, "\n\t", 2);
}

/* Says whether a difference is one that nobody can settle. */
static bool is_kept_back(const struct run *run) {
  return keeps_lines_back() &&
         (is_head_kept_back(run) || is_trailer_kept_back(run));
}

static void compare(struct wave *wave, struct run *run) {
  struct paired_pools *pools = wave->pools;
  pools->trials++;
  if (is_same(run)) return;
  if (is_kept_back(run)) {
    pools->kept_back++;
    return;
  }
  if (++pools->differences <= TOLD) {
    printf("\n--- ");
    describe_trial(stdout, run->trial);
    for (size_t pair = 0; pair < PAIRED_POOLS; pair++)
      printf("- %s (%u requests): %.700s", names[pair],
             manual_server_seen(pools->pair[pair].origin, run->number).requests,
             run->text[pair]);
    fixture_fail("%s, %s: not the same", run->trial->name, run->trial->method);
  } else if (pools->differences == TOLD + 1) {
    fixture_fail("and more that are not the same");
  }
}

static bool no_connections(void *context) {
  struct paired_pools *pools = context;
  uint64_t open = 0;
  for (size_t i = 0; i < PAIRED_POOLS; i++) {
    lariat_pool_stats stats = {.size = sizeof stats};
    (void)lariat_pool_read_stats(pools->pair[i].pool, &stats);
    open += stats.connections;
  }
  return open == 0;
}

static void close_connections(struct wave *wave) {
  for (size_t pair = 0; pair < PAIRED_POOLS; pair++)
    manual_server_close_all(wave->pools->pair[pair].origin);
  settle(wave);
  if (!fixture_run_until(&wave->pools->t.f, no_connections, wave->pools,
                         PATIENCE_MS))
    fixture_fail("connections are left that their servers have closed");
}

static bool producers_are_over(void *context) {
  const struct wave *wave = context;
  for (size_t i = 0; i < wave->count; i++)
    for (size_t pair = 0; pair < PAIRED_POOLS; pair++)
      if (wave->run[i].producer[pair].upload) return false;
  return true;
}

/* Expects that each producer has learned of its end, and has given its upload
 * back, which it does once. */
static void expect_producers_over(struct wave *wave) {
  if (!fixture_run_until(&wave->pools->t.f, producers_are_over, wave,
                         PATIENCE_MS))
    fixture_fail("a producer has not heard of its fetch's end");
}

static void end_wave(struct wave *wave) {
  for (size_t i = 0; i < wave->count; i++) {
    struct run *run = &wave->run[i];
    compare(wave, run);
    for (size_t pair = 0; pair < PAIRED_POOLS; pair++) {
      free(run->text[pair]);
      if (run->fd[pair] >= 0) close(run->fd[pair]);
    }
  }
  close_connections(wave);
  expect_producers_over(wave);
}

/* Requests that are never answered: they are started before the trials, and
 * have the hosts' connections. */
static void hold_connections(struct wave *wave) {
  char path[32], url[96];
  snprintf(path, sizeof path, "/case/%u", HOLDER);
  memset(wave->held, 0, sizeof wave->held);
  for (size_t i = 0; i < wave->count; i++)
    for (size_t pair = 0; pair < PAIRED_POOLS; pair++) {
      struct run *run = &wave->run[i];
      struct outcome *held = &wave->held[i * PAIRED_POOLS + pair];
      held->fires = run->trial->position != PAIRED_ANEW;
      if (held->fires) continue;
      run->holder[pair] =
          lariat_get(wave->pools->pair[pair].client,
                     url_of(wave, run, pair, path, url, sizeof url));
      outcome_watch(held, lariat_deferred_retain(run->holder[pair]));
    }
}

static void let_go(struct wave *wave) {
  size_t count = wave->count * PAIRED_POOLS;
  for (size_t i = 0; i < count; i++) {
    lariat_deferred *holder =
        wave->run[i / PAIRED_POOLS].holder[i % PAIRED_POOLS];
    if (!holder) continue;
    lariat_deferred_cancel(holder);
    lariat_deferred_release(holder);
  }
  if (!fetching_wait(&wave->pools->t, wave->held, count, PATIENCE_MS)) abort();
  outcome_clear(wave->held, count);
}

/* Waits until what an answer leaves behind has come: then the next may go. */
static void run_wave(struct wave *wave) {
  ask_all(wave, ask_cleanly, true);
  expect_clean_before(wave);
  clear_all(wave);
  settle(wave);
  hold_connections(wave);
  ask_all(wave, ask_trial, false);
  let_go(wave);
  tell_all(wave);
  for (size_t i = 0; i < wave->count; i++) {
    expect_place(wave, &wave->run[i]);
    expect_failure(wave, i);
  }
  read_streams(wave);
  clear_all(wave);
  settle(wave);
  ask_all(wave, ask_cleanly, false);
  tell_next(wave);
  clear_all(wave);
}

void paired_pools_run(struct paired_pools *pools,
                      const struct paired_pools_trial *trials, size_t count) {
  static struct wave wave;
  for (size_t at = 0; at < count; at += PAIRED_WAVE) {
    size_t here = count - at < PAIRED_WAVE ? count - at : PAIRED_WAVE;
    begin_wave(&wave, pools, trials + at, here);
    run_wave(&wave);
    end_wave(&wave);
  }
}
