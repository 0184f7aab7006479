/* SPDX-License-Identifier: MIT
 * See scripting.h. */
#include "support/scripting.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/producing.h"

/* ---- The script ---- */

static bool is(const char *key, size_t length, const char *name) {
  return strlen(name) == length && memcmp(key, name, length) == 0;
}

static lariat_phase phase_named(const char *name, size_t length) {
  for (int phase = 0; phase <= LARIAT_PHASE_BODY; phase++)
    if (is(name, length, lariat_phase_name((lariat_phase)phase)))
      return (lariat_phase)phase;
  return LARIAT_PHASE_NONE;
}

static lariat_status status_named(const char *name, size_t length) {
  for (int status = 0; status > -100; status--)
    if (is(name, length, lariat_status_name((lariat_status)status)))
      return (lariat_status)status;
  return LARIAT_EUSER;
}

/* Reads one "key=value" that is a time or another number; false: it is not. */
static bool take_number(lariat_answer *answer, const char *key, size_t length,
                        const char *value) {
  struct {
    const char *name;
    uint64_t *ms;
  } times[] = {{"dns", &answer->dns_ms},
               {"connect", &answer->connect_ms},
               {"tls", &answer->tls_ms},
               {"request", &answer->request_ms},
               {"first-byte", &answer->first_byte_ms},
               {"body", &answer->body_ms},
               {"upload", &answer->upload_ms},
               {"stops", &answer->upload_stops}};
  uint64_t number = strtoull(value, NULL, 10);
  for (size_t i = 0; i < FIXTURE_COUNT(times); i++) {
    if (!is(key, length, times[i].name)) continue;
    *times[i].ms = number;
    return true;
  }
  if (is(key, length, "status"))
    answer->status = (int)number;
  else if (is(key, length, "http"))
    answer->http_version = (int)number;
  else if (is(key, length, "close"))
    answer->closes = number != 0;
  else if (is(key, length, "piece"))
    answer->body_piece = (size_t)number;
  else if (is(key, length, "upload-piece"))
    answer->upload_piece = (size_t)number;
  else
    return false;
  return true;
}

static void take_bytes(lariat_answer *answer, const char *value) {
  size_t length = (size_t)strtoull(value, NULL, 10);
  answer->body = produced_bytes(0);
  answer->body_length = length < PRODUCED_PERIOD ? length : PRODUCED_PERIOD;
}

static void take_word(lariat_answer *answer, const char *key, size_t length,
                      const char *value, size_t value_length) {
  if (is(key, length, "never"))
    answer->never = phase_named(value, value_length);
  else if (is(key, length, "in"))
    answer->fails_in = phase_named(value, value_length);
  else if (is(key, length, "failure"))
    answer->failure = status_named(value, value_length);
  else if (is(key, length, "bytes"))
    take_bytes(answer, value);
  else if (is(key, length, "text")) {
    answer->body = value;
    answer->body_length = value_length;
  }
}

static void redirect(lariat_answer *answer, const char *location) {
  static _Thread_local lariat_header header;
  header = (lariat_header){"Location", location};
  answer->headers = &header;
  answer->header_count = 1;
  if (answer->status == 200) answer->status = 302;
}

static void obey(const char *url, lariat_answer *answer) {
  const char *at = strchr(url, '?');
  while (at && *++at) {
    size_t length = strcspn(at, "=");
    const char *value = at + length + (at[length] ? 1 : 0);
    size_t value_length = strcspn(value, "&");
    if (is(at, length, "to")) {
      redirect(answer, value);
      return;
    }
    if (!take_number(answer, at, length, value))
      take_word(answer, at, length, value, value_length);
    at = value + value_length;
    if (!*at) return;
  }
}

static void note_headers(struct scripting *s, const lariat_asked *asked) {
  static const char *const names[] = {"Authorization", "Cookie", "Content-Type",
                                      "X-Test"};
  size_t used = 0;
  s->headers[0] = '\0';
  for (size_t i = 0; i < FIXTURE_COUNT(names); i++) {
    const char *value = lariat_asked_header(asked, names[i]);
    if (!value || used >= sizeof s->headers) continue;
    used += (size_t)snprintf(s->headers + used, sizeof s->headers - used,
                             "%s=%s;", names[i], value);
  }
}

static void note(struct scripting *s, const lariat_asked *asked) {
  const char *url = lariat_asked_url(asked);
  const char *host = strstr(url, "//");
  lariat_pool_stats stats = scripting_stats(s);
  if (stats.jobs_running + 1 > s->most)
    s->most = (unsigned)stats.jobs_running + 1;
  if (s->asked < sizeof s->order - 1 && host) s->order[s->asked] = host[2];
  s->asked++;
  s->uploaded = 0;
  snprintf(s->last, sizeof s->last, "%s %s %s", lariat_asked_method(asked), url,
           lariat_asked_body(asked, NULL));
  note_headers(s, asked);
}

/* Checks what a producer sends: it is the same pattern. */
static void take_upload(const lariat_asked *asked, const void *bytes,
                        size_t length, void *context) {
  struct scripting *s = context;
  (void)asked;
  if (length == 0) s->upload_ends++;
  if (memcmp(bytes, produced_bytes(s->uploaded), length) != 0)
    s->upload_wrong = true;
  s->uploaded += length;
}

void scripting_script(const lariat_asked *asked, lariat_answer *answer,
                      void *context) {
  if (context) note(context, asked);
  if (context) answer->take = take_upload;
  obey(lariat_asked_url(asked), answer);
}

/* ---- Pool and client ---- */

void scripting_open(struct scripting *s, const lariat_pool_options *pool,
                    const lariat_client_options *client) {
  memset(s, 0, sizeof *s);
  fixture_open(&s->f, FIXTURE_MANUAL_CLOCK);
  s->began_ns = lariat_virtual_clock_now_ns(s->f.virtual_clock);
  CU_ASSERT_EQUAL_FATAL(lariat_scripted_pool_new(pool, s->f.reactor,
                                                 scripting_script, s, &s->pool),
                        LARIAT_OK);
  CU_ASSERT_EQUAL_FATAL(
      lariat_client_new(s->pool, s->f.reactor, client, &s->client), LARIAT_OK);
}

static void check_end(const struct scripting *s) {
  lariat_client_stats c = {.size = sizeof c};
  lariat_pool_stats p = scripting_stats(s);
  CU_ASSERT_EQUAL(p.jobs_taken, p.jobs_done);
  CU_ASSERT_EQUAL(p.jobs_running, 0);
  CU_ASSERT_EQUAL(p.jobs_queued, 0);
  if (!s->client) return;
  CU_ASSERT_EQUAL(lariat_client_read_stats(s->client, &c), LARIAT_OK);
  CU_ASSERT_EQUAL(c.submitted, c.succeeded + c.failed + c.cancelled);
  CU_ASSERT_EQUAL(c.pending, 0);
  CU_ASSERT_EQUAL(c.queued, 0);
}

void scripting_close(struct scripting *s) {
  scripting_run(s, 0);
  if (s->pool) check_end(s);
  lariat_client_close(s->client);
  lariat_pool_release(s->pool);
  fixture_close(&s->f);
}

/* ---- Requests ---- */

static lariat_value take(lariat_value result, void *context) {
  struct seen *seen = context;
  seen->fires++;
  seen->at_ms = scripting_ms(seen->in);
  if (lariat_is_failure(result)) {
    seen->status = lariat_failure_status(result);
    seen->phase = lariat_failure_phase(result);
    seen->http_status = lariat_failure_http_status(result);
    seen->timings = lariat_failure_timings(result);
    seen->instants = lariat_failure_instants(result);
  } else {
    const lariat_response *response = lariat_response_in(result);
    (void)lariat_response_body(response, &seen->length);
    seen->http_status = lariat_response_status(response);
    seen->redirects = lariat_response_redirects(response);
    seen->reused = lariat_response_reused(response);
    seen->timings = lariat_response_timings(response);
    seen->instants = lariat_response_instants(response);
  }
  if (seen->then) seen->then(seen);
  return lariat_value_drop(result);
}

void scripting_watch(struct scripting *s, struct seen *seen,
                     lariat_deferred *deferred) {
  void (*then)(struct seen *) = seen->then;
  *seen = (struct seen){.in = s, .deferred = deferred, .then = then};
  lariat_deferred_add_both(deferred, take, seen);
}

void scripting_get(struct scripting *s, struct seen *seen, const char *url) {
  seen->then = NULL;
  scripting_watch(s, seen, lariat_get(s->client, url));
}

void scripting_forget(struct seen *seen, size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (seen[i].deferred) lariat_deferred_release(seen[i].deferred);
    seen[i].deferred = NULL;
  }
}

void scripting_cancel(struct seen *seen) {
  lariat_deferred_cancel(seen->deferred);
}

void scripting_run(struct scripting *s, uint64_t ms) {
  if (lariat_virtual_clock_run(s->f.virtual_clock, s->f.reactor, ms) !=
      LARIAT_OK)
    fixture_fail("the clock could not be run");
}

uint64_t scripting_ms(const struct scripting *s) {
  return (lariat_virtual_clock_now_ns(s->f.virtual_clock) - s->began_ns) /
         1000000;
}

lariat_pool_stats scripting_stats(const struct scripting *s) {
  lariat_pool_stats stats = {.size = sizeof stats};
  if (s->pool && lariat_pool_read_stats(s->pool, &stats) != LARIAT_OK)
    fixture_fail("no statistics");
  return stats;
}

void seen_http(const struct seen *seen, uint64_t at_ms, int http_status) {
  if (seen->fires == 1 && seen->status == LARIAT_OK && seen->at_ms == at_ms &&
      seen->http_status == http_status)
    return;
  fixture_fail("fired %u times, %s, HTTP %d, at %llu ms; not HTTP %d at %llu",
               seen->fires, lariat_status_name(seen->status), seen->http_status,
               (unsigned long long)seen->at_ms, http_status,
               (unsigned long long)at_ms);
}

void seen_failure(const struct seen *seen, uint64_t at_ms, lariat_status status,
                  lariat_phase phase) {
  if (seen->fires == 1 && seen->status == status && seen->at_ms == at_ms &&
      seen->phase == phase)
    return;
  fixture_fail("fired %u times, %s in %s at %llu ms; not %s in %s at %llu",
               seen->fires, lariat_status_name(seen->status),
               lariat_phase_name(seen->phase), (unsigned long long)seen->at_ms,
               lariat_status_name(status), lariat_phase_name(phase),
               (unsigned long long)at_ms);
}
