/* SPDX-License-Identifier: MIT
 * probe.h: what the tests of deferreds watch chains with: values and contexts
 * that are counted, so that one dropped twice or never is seen, and callbacks
 * that write down what they got. */
#ifndef TESTS_SUPPORT_PROBE_H
#define TESTS_SUPPORT_PROBE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/fixture.h"
#include <lariat/deferred.h>
#include <lariat/failure.h>
#include <lariat/value.h>

/* Counts of one test: what it made, and what was dropped of it. */
struct probe {
  int values_made;
  int values_dropped;
  int contexts_made;
  int contexts_destroyed;
  char text[1024]; /* what the callbacks wrote down */
};

/* A value of this type is a block of malloc's (not lariat's: it never fails
 * in a test of failing allocations), so that a sanitizer sees a second drop. */
struct probe_value {
  struct probe *probe;
  int number;
  int references;
};

static inline void probe_drop(void *data) {
  struct probe_value *value = data;
  if (--value->references > 0) return;
  value->probe->values_dropped++;
  free(value);
}

static inline void *probe_share(void *data) {
  struct probe_value *value = data;
  value->references++;
  return value;
}

static inline int probe_describe(const void *data, char *text,
                                 size_t capacity) {
  const struct probe_value *value = data;
  return snprintf(text, capacity, "%d", value->number);
}

/* One that can only be moved, and one that can be shared. */
static const lariat_type probe_type = {.size = sizeof(lariat_type),
                                       .name = "probe",
                                       .drop = probe_drop,
                                       .describe = probe_describe};
static const lariat_type shared_probe_type = {.size = sizeof(lariat_type),
                                              .name = "shared probe",
                                              .drop = probe_drop,
                                              .share = probe_share,
                                              .describe = probe_describe};

static inline lariat_value probe_value_of(struct probe *probe,
                                          const lariat_type *type, int number) {
  struct probe_value *value = malloc(sizeof *value);
  if (!value) abort();
  *value = (struct probe_value){probe, number, 1};
  probe->values_made++;
  return lariat_value_of(type, value);
}

static inline lariat_value probe_value(struct probe *probe, int number) {
  return probe_value_of(probe, &probe_type, number);
}

static inline lariat_value probe_shared(struct probe *probe, int number) {
  return probe_value_of(probe, &shared_probe_type, number);
}

/* Something a callback does besides: see probe_act. */
struct probe_step;
typedef void (*probe_action)(struct probe_step *step);

/* The context of one pair.  It writes "name(what it got) ". */
struct probe_step {
  struct probe *probe;
  const char *name;
  lariat_value give;        /* for probe_give */
  probe_action action;      /* NULL: none */
  lariat_deferred *subject; /* for the action */
  void *more;
};

static inline void probe_note(struct probe *probe, const char *text) {
  size_t used = strlen(probe->text);
  snprintf(probe->text + used, sizeof probe->text - used, "%s ", text);
}

static inline void probe_record(struct probe_step *step, lariat_value result) {
  char value[128];
  char line[256];
  if (lariat_is_failure(result))
    snprintf(value, sizeof value, "!%s", lariat_failure_message(result));
  else
    lariat_value_describe(result, value, sizeof value);
  snprintf(line, sizeof line, "%s(%s)", step->name, value);
  probe_note(step->probe, line);
  if (step->action) step->action(step);
}

/* Callbacks: pass the argument on; drop it; drop it and give `give`. */
static inline lariat_value probe_pass(lariat_value result, void *context) {
  probe_record(context, result);
  return result;
}

static inline lariat_value probe_none(lariat_value result, void *context) {
  probe_record(context, result);
  return lariat_value_drop(result);
}

static inline lariat_value probe_give(lariat_value result, void *context) {
  struct probe_step *step = context;
  probe_record(step, result);
  lariat_value_drop(result);
  lariat_value give = step->give;
  step->give = lariat_none();
  return give;
}

/* The destructor of a counted context, which is the probe itself. */
static inline void probe_destroy(void *context) {
  struct probe *probe = context;
  probe->contexts_destroyed++;
}

static inline void *probe_context(struct probe *probe) {
  probe->contexts_made++;
  return probe;
}

/* A context of probe_give that is a block of its own. */
static inline struct probe_step *
probe_step_new(struct probe *probe, const char *name, lariat_value give) {
  struct probe_step *step = malloc(sizeof *step);
  if (!step) abort();
  *step = (struct probe_step){probe, name, give, NULL, NULL, NULL};
  probe->contexts_made++;
  return step;
}

static inline void probe_step_free(void *context) {
  struct probe_step *step = context;
  step->probe->contexts_destroyed++;
  lariat_value_drop(step->give);
  free(step);
}

/* Adds a pair with a counted context of its own that gives `give`. */
static inline lariat_deferred *probe_then(lariat_deferred *deferred,
                                          struct probe *probe, const char *name,
                                          lariat_value give) {
  return lariat_deferred_add_callbacks_owned(deferred, probe_give, probe_give,
                                             probe_step_new(probe, name, give),
                                             probe_step_free);
}

/* What was made was dropped, exactly once. */
static inline void probe_check(const struct probe *probe) {
  CU_ASSERT_EQUAL(probe->values_made, probe->values_dropped);
  CU_ASSERT_EQUAL(probe->contexts_made, probe->contexts_destroyed);
}

/* What the callbacks wrote down, since the last time. */
static inline bool probe_saw(struct probe *probe, const char *expected) {
  bool same = strcmp(probe->text, expected) == 0;
  if (!same) fixture_fail("saw \"%s\", not \"%s\"", probe->text, expected);
  probe->text[0] = '\0';
  return same;
}

/* Runs `scenario` with its first allocation failing, then its second, and so
 * on until one run needs no more; what was made must be gone each time. */
static inline void probe_fail_each(struct fixture *f,
                                   void (*scenario)(struct fixture *f,
                                                    struct probe *probe)) {
  for (uint64_t nth = 1; nth < 1000; nth++) {
    struct probe probe = {0};
    uint64_t blocks = fixture_live_blocks(f);
    uint64_t before = fixture_allocations(f);
    fixture_fail_allocation(f, nth);
    scenario(f, &probe);
    fixture_fail_allocation(f, 0);
    probe_check(&probe);
    CU_ASSERT_EQUAL(fixture_live_blocks(f), blocks);
    if (fixture_allocations(f) - before < nth) break;
  }
  f->reports_expected = f->reports;
}

#endif
