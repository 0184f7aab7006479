/* SPDX-License-Identifier: MIT
 * defer.h: what the conformance tests share.  Each of them shows what the test
 * of the same name in Twisted's test_defer.py shows; the code is our own.
 *
 * Callbacks write "name(what they got) " into the stage, so that a test says in
 * one line what ran, in which order, with what.  Failures of the tests' own are
 * written as "!text", others as "!" and the name of their status. */
#ifndef TESTS_CONFORMANCE_DEFER_H
#define TESTS_CONFORMANCE_DEFER_H

#include <lariat/deferred.h>
#include <lariat/gather.h>

#include "support/fixture.h"
#include "support/recorder.h"

/* A row of the table of tests: the function has the test's name. */
#define CASE(class, test)                                                      \
  { #class "." #test, test }

struct stage {
  struct fixture f;
  struct recorder recorder;
};

static inline void begin(struct stage *s) {
  s->recorder = (struct recorder){0};
  fixture_open(&s->f, FIXTURE_MANUAL_CLOCK);
}

static inline void finish(struct stage *s) {
  recorder_check(&s->recorder);
  fixture_close(&s->f);
}

/* A static string as a value that can be shared. */
static inline void *text_share(void *data) { return data; }

static inline int text_describe(const void *data, char *text, size_t capacity) {
  return snprintf(text, capacity, "%s", (const char *)data);
}

static const lariat_type text_type = {.size = sizeof(lariat_type),
                                      .name = "text",
                                      .share = text_share,
                                      .describe = text_describe};

static inline lariat_value text(const char *words) {
  return lariat_value_of(&text_type, (void *)(uintptr_t)words);
}

static inline lariat_value failure(const char *words) {
  return lariat_failure_new(LARIAT_EUSER, "%s", words);
}

static inline lariat_deferred *unfired(const struct stage *s) {
  return lariat_deferred_new(s->f.reactor, NULL, NULL, NULL);
}

static inline lariat_deferred *succeed(const struct stage *s,
                                       lariat_value value) {
  return lariat_deferred_succeed(s->f.reactor, value);
}

static inline lariat_deferred *failed(const struct stage *s,
                                      const char *words) {
  return lariat_deferred_succeed(s->f.reactor, failure(words));
}

/* Another reference, as the value that makes a chain wait for `d`. */
static inline lariat_value returned(lariat_deferred *d) {
  return lariat_deferred_value(lariat_deferred_retain(d));
}

static inline void describe_result(lariat_value result, char *out,
                                   size_t capacity) {
  if (!lariat_is_failure(result))
    lariat_value_describe(result, out, capacity);
  else if (lariat_failure_status(result) == LARIAT_EUSER)
    snprintf(out, capacity, "!%s", lariat_failure_message(result));
  else
    snprintf(out, capacity, "!%s",
             lariat_status_name(lariat_failure_status(result)));
}

static inline void note_result(struct recorder_step *step,
                               lariat_value result) {
  char value[200];
  char line[256];
  describe_result(result, value, sizeof value);
  snprintf(line, sizeof line, "%s(%s)", step->name, value);
  recorder_note(step->recorder, line);
}

/* Writes and passes on; writes and eats; writes and gives something else. */
static inline lariat_value do_see(lariat_value result, void *context) {
  note_result(context, result);
  return result;
}

static inline lariat_value do_eat(lariat_value result, void *context) {
  note_result(context, result);
  return lariat_value_drop(result);
}

static inline lariat_value do_give(lariat_value result, void *context) {
  struct recorder_step *step = context;
  note_result(step, result);
  lariat_value_drop(result);
  lariat_value give = step->give;
  step->give = lariat_none();
  return give;
}

static inline lariat_deferred *add(struct stage *s, lariat_deferred *d,
                                   lariat_callback callback,
                                   lariat_callback errback, const char *name,
                                   lariat_value give) {
  return lariat_deferred_add_callbacks_owned(
      d, callback, errback, recorder_step_new(&s->recorder, name, give),
      recorder_step_free);
}

static inline lariat_deferred *see(struct stage *s, lariat_deferred *d,
                                   const char *name) {
  return add(s, d, do_see, do_see, name, lariat_none());
}

static inline lariat_deferred *eat(struct stage *s, lariat_deferred *d,
                                   const char *name) {
  return add(s, d, do_eat, do_eat, name, lariat_none());
}

static inline lariat_deferred *on_success(struct stage *s, lariat_deferred *d,
                                          const char *name, lariat_value give) {
  return add(s, d, do_give, NULL, name, give);
}

static inline lariat_deferred *on_error(struct stage *s, lariat_deferred *d,
                                        const char *name, lariat_value give) {
  return add(s, d, NULL, do_give, name, give);
}

/* What was written since the last time. */
static inline void saw(struct stage *s, const char *expected) {
  recorder_saw(&s->recorder, expected);
}

/* `d` has the failure `status`, which is eaten. */
static inline void failure_result_of(struct stage *s, lariat_deferred *d,
                                     lariat_status status) {
  lariat_value result = lariat_deferred_peek(d);
  bool same =
      lariat_is_failure(result) && lariat_failure_status(result) == status;
  if (!same) fixture_fail("no failure %s", lariat_status_name(status));
  struct recorder quiet = {0};
  struct recorder_step step = {&quiet, "", {NULL, NULL}, NULL, NULL, NULL};
  lariat_deferred_add_both(d, do_eat, &step);
  (void)s;
}

/* `d` has the result that reads `expected`. */
static inline void result_of(const lariat_deferred *d, const char *expected) {
  char value[200];
  lariat_value result = lariat_deferred_peek(d);
  describe_result(result, value, sizeof value);
  if (!lariat_deferred_fired(d) || strcmp(value, expected) != 0)
    fixture_fail("the result is \"%s\", not \"%s\"", value, expected);
}

static inline bool has_no_result(const lariat_deferred *d) {
  char words[200];
  lariat_deferred_describe(d, words, sizeof words);
  return strstr(words, "current result") == NULL;
}

static inline void release2(lariat_deferred *a, lariat_deferred *b) {
  lariat_deferred_release(a);
  lariat_deferred_release(b);
}

/* Cancellers. */
static inline void cancel_with_callback(lariat_deferred *d, void *words) {
  lariat_deferred_callback(d, text(words));
}

static inline void cancel_with_errback(lariat_deferred *d, void *words) {
  lariat_deferred_errback(d, failure(words));
}

static inline void count_cancel(lariat_deferred *d, void *count) {
  (void)d;
  ++*(int *)count;
}

static inline lariat_deferred *with_canceller(const struct stage *s,
                                              lariat_canceller canceller,
                                              const void *context) {
  return lariat_deferred_new(s->f.reactor, canceller,
                             (void *)(uintptr_t)context, NULL);
}

#endif
