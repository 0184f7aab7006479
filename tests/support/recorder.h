/* SPDX-License-Identifier: MIT
 * recorder.h: what the tests of deferreds watch chains with: values and
 * contexts that are counted, so that one dropped twice or never is seen, and
 * callbacks that write down what they got. */
#ifndef TESTS_SUPPORT_RECORDER_H
#define TESTS_SUPPORT_RECORDER_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/fixture.h"
#include <lariat/deferred.h>
#include <lariat/failure.h>
#include <lariat/value.h>

/* Counts of one test: what it made, and what was dropped of it. */
struct recorder {
  int values_made;
  int values_dropped;
  int contexts_made;
  int contexts_destroyed;
  char text[1024]; /* what the callbacks wrote down */
};

/* A value of this type is a block of malloc's (not lariat's: it never fails
 * in a test of failing allocations), so that a sanitizer sees a second drop. */
struct recorder_value {
  struct recorder *recorder;
  int number;
  int references;
};

static inline void recorder_drop(void *data) {
  struct recorder_value *value = data;
  if (--value->references > 0) return;
  value->recorder->values_dropped++;
  free(value);
}

static inline void *recorder_share(void *data) {
  struct recorder_value *value = data;
  value->references++;
  return value;
}

static inline int recorder_describe(const void *data, char *text,
                                    size_t capacity) {
  const struct recorder_value *value = data;
  return snprintf(text, capacity, "%d", value->number);
}

/* Types of values that can only be moved, and that can be shared. */
static const lariat_type recorder_type = {.size = sizeof(lariat_type),
                                          .name = "recorder",
                                          .drop = recorder_drop,
                                          .describe = recorder_describe};
static const lariat_type shared_recorder_type = {.size = sizeof(lariat_type),
                                                 .name = "shared recorder",
                                                 .drop = recorder_drop,
                                                 .share = recorder_share,
                                                 .describe = recorder_describe};

static inline lariat_value recorder_value_of(struct recorder *recorder,
                                             const lariat_type *type,
                                             int number) {
  struct recorder_value *value = malloc(sizeof *value);
  if (!value) abort();
  *value = (struct recorder_value){recorder, number, 1};
  recorder->values_made++;
  return lariat_value_of(type, value);
}

static inline lariat_value recorder_value(struct recorder *recorder,
                                          int number) {
  return recorder_value_of(recorder, &recorder_type, number);
}

static inline lariat_value recorder_shared(struct recorder *recorder,
                                           int number) {
  return recorder_value_of(recorder, &shared_recorder_type, number);
}

/* Something a callback does besides: see recorder_act. */
struct recorder_step;
typedef void (*recorder_action)(struct recorder_step *step);

/* The context of one pair.  It writes "name(what it got) ". */
struct recorder_step {
  struct recorder *recorder;
  const char *name;
  lariat_value give;        /* for recorder_give */
  recorder_action action;   /* NULL: none */
  lariat_deferred *subject; /* for the action */
  void *more;
};

static inline void recorder_note(struct recorder *recorder, const char *text) {
  size_t used = strlen(recorder->text);
  snprintf(recorder->text + used, sizeof recorder->text - used, "%s ", text);
}

static inline void recorder_record(struct recorder_step *step,
                                   lariat_value result) {
  char value[128];
  char line[256];
  if (lariat_is_failure(result))
    snprintf(value, sizeof value, "!%s", lariat_failure_message(result));
  else
    lariat_value_describe(result, value, sizeof value);
  snprintf(line, sizeof line, "%s(%s)", step->name, value);
  recorder_note(step->recorder, line);
  if (step->action) step->action(step);
}

/* Callbacks: pass the argument on; drop it; drop it and give `give`. */
static inline lariat_value recorder_pass(lariat_value result, void *context) {
  recorder_record(context, result);
  return result;
}

static inline lariat_value recorder_none(lariat_value result, void *context) {
  recorder_record(context, result);
  return lariat_value_drop(result);
}

static inline lariat_value recorder_give(lariat_value result, void *context) {
  struct recorder_step *step = context;
  recorder_record(step, result);
  lariat_value_drop(result);
  lariat_value give = step->give;
  step->give = lariat_none();
  return give;
}

/* The destructor of a counted context, which is the recorder itself. */
static inline void recorder_destroy(void *context) {
  struct recorder *recorder = context;
  recorder->contexts_destroyed++;
}

static inline void *recorder_context(struct recorder *recorder) {
  recorder->contexts_made++;
  return recorder;
}

/* A context of recorder_give that is a block of its own. */
static inline struct recorder_step *recorder_step_new(struct recorder *recorder,
                                                      const char *name,
                                                      lariat_value give) {
  struct recorder_step *step = malloc(sizeof *step);
  if (!step) abort();
  *step = (struct recorder_step){recorder, name, give, NULL, NULL, NULL};
  recorder->contexts_made++;
  return step;
}

static inline void recorder_step_free(void *context) {
  struct recorder_step *step = context;
  step->recorder->contexts_destroyed++;
  lariat_value_drop(step->give);
  free(step);
}

/* Adds a pair with a counted context of its own that gives `give`. */
static inline lariat_deferred *recorder_then(lariat_deferred *deferred,
                                             struct recorder *recorder,
                                             const char *name,
                                             lariat_value give) {
  return lariat_deferred_add_callbacks_owned(
      deferred, recorder_give, recorder_give,
      recorder_step_new(recorder, name, give), recorder_step_free);
}

/* Checks that what was made was dropped, exactly once. */
static inline void recorder_check(const struct recorder *recorder) {
  CU_ASSERT_EQUAL(recorder->values_made, recorder->values_dropped);
  CU_ASSERT_EQUAL(recorder->contexts_made, recorder->contexts_destroyed);
}

/* Checks what the callbacks wrote down, since the last time. */
static inline bool recorder_saw(struct recorder *recorder,
                                const char *expected) {
  bool same = strcmp(recorder->text, expected) == 0;
  if (!same) fixture_fail("saw \"%s\", not \"%s\"", recorder->text, expected);
  recorder->text[0] = '\0';
  return same;
}

/* Runs `scenario` with its first allocation failing, then its second, and so
 * on until one run needs no more; what was made must be gone each time. */
static inline void recorder_fail_each(
    struct fixture *f,
    void (*scenario)(struct fixture *f, struct recorder *recorder)) {
  for (uint64_t nth = 1; nth < 1000; nth++) {
    struct recorder recorder = {0};
    uint64_t blocks = fixture_live_blocks(f);
    uint64_t before = fixture_allocations(f);
    fixture_fail_allocation(f, nth);
    scenario(f, &recorder);
    fixture_fail_allocation(f, 0);
    recorder_check(&recorder);
    CU_ASSERT_EQUAL(fixture_live_blocks(f), blocks);
    if (fixture_allocations(f) - before < nth) break;
  }
  f->reports_expected = f->reports;
}

#endif
