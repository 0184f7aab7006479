/* SPDX-License-Identifier: MIT
 * plan.c: indices and instants by arrivals (or by counting, in a closed test),
 * messages by a source. */
#include <lariat/load/plan.h>

#include <lariat/allocator.h>

#include "fault.h"
#include "memory.h"
#include "run_facts.h"
#include "source.h"

struct lariat_load_plan {
  lr_load_source *source;
  const lariat_load_requests *requests;
  lariat_load_arrivals *arrivals; /* NULL: a closed test, or a replay */
  lariat_load_part part;
  uint64_t count; /* UINT64_MAX: no limit */
  uint64_t next;  /* the next index, without arrivals */
  lariat_load_run_facts facts;
};

static lariat_status make_arrivals(lariat_load_plan *plan,
                                   const lariat_load_run_options *options,
                                   lariat_load_error *error) {
  lariat_load_arrivals_options arrivals = {.size = sizeof arrivals,
                                           .stages = options->stages,
                                           .stage_count = options->stage_count,
                                           .count = options->count,
                                           .process = options->process,
                                           .seed = options->seed,
                                           .part = options->part};
  if (!options->stage_count) return LARIAT_OK;
  return lariat_load_arrivals_new(&arrivals, &plan->arrivals, error);
}

/* Describes it as the run would, for which a 0 is a default. */
static void describe_plan(lariat_load_plan *plan,
                          const lariat_load_run_options *options) {
  lariat_load_run_options complete = *options;
  complete.part = plan->part;
  if (!complete.http_version) complete.http_version = 11;
  if (!complete.connections) complete.connections = 50;
  lr_load_facts_describe(&complete, &plan->facts);
}

static lariat_status make_plan(lariat_load_plan *plan,
                               const lariat_load_run_options *options,
                               lariat_load_error *error) {
  plan->requests = options->requests;
  plan->part = options->part.count ? options->part : (lariat_load_part){0, 1};
  plan->next = plan->part.index;
  plan->count = options->count ? options->count : UINT64_MAX;
  lariat_status status = make_arrivals(plan, options, error);
  if (status != LARIAT_OK) return status;
  describe_plan(plan, options);
  return lr_load_source_new(options->requests, &plan->source);
}

lariat_status lariat_load_plan_new(const lariat_load_run_options *options,
                                   lariat_load_plan **out,
                                   lariat_load_error *error) {
  *out = NULL;
  if (!options->size || !options->requests)
    return lr_load_fail(error, 0, "no size, or no requests");
  if (!lariat_load_requests_count(options->requests))
    return lr_load_fail(error, 0, "there are no requests");
  lariat_load_plan *plan = lr_load_allocate(1, sizeof *plan);
  if (!plan) return LARIAT_ENOMEM;
  lariat_status status = make_plan(plan, options, error);
  if (status == LARIAT_OK)
    *out = plan;
  else
    lariat_load_plan_free(plan);
  return status;
}

void lariat_load_plan_free(lariat_load_plan *plan) {
  if (!plan) return;
  lr_load_source_free(plan->source);
  lariat_load_arrivals_free(plan->arrivals);
  lariat_memory_release(plan);
}

/* Gives the next index, and when it is due. */
static bool next_index(lariat_load_plan *plan, lariat_load_planned *out) {
  lariat_load_arrival arrival;
  if (plan->arrivals) {
    if (!lariat_load_arrivals_next(plan->arrivals, &arrival)) return false;
    out->index = arrival.index;
    out->at_ns = arrival.at_ns;
    out->timed = true;
    return true;
  }
  if (plan->next >= plan->count) return false;
  out->index = plan->next;
  plan->next += plan->part.count;
  out->timed = lr_load_requests_due(plan->requests, out->index, &out->at_ns);
  return true;
}

bool lariat_load_plan_next(lariat_load_plan *plan, lariat_load_planned *out) {
  lr_load_message message;
  *out = (lariat_load_planned){.index = 0};
  if (!next_index(plan, out) ||
      lr_load_source_take(plan->source, out->index, &message) !=
          LR_LOAD_MESSAGE)
    return false;
  out->origin = lr_load_requests_origin(plan->requests, message.origin)->url;
  out->name = lariat_load_requests_name(plan->requests, message.name);
  out->bytes = message.bytes;
  out->length = message.length;
  out->think_ns = message.think_ns;
  if (message.user) lr_load_source_leave(plan->source, message.user);
  return true;
}

const lariat_load_run_facts *
lariat_load_plan_facts(const lariat_load_plan *plan) {
  return &plan->facts;
}

uint64_t lariat_load_plan_total(const lariat_load_plan *plan) {
  uint64_t at_ns;
  if (plan->arrivals) return lariat_load_arrivals_total(plan->arrivals);
  if (!lr_load_requests_due(plan->requests, 0, &at_ns)) return plan->count;
  uint64_t known = lariat_load_requests_count(plan->requests);
  return known < plan->count ? known : plan->count;
}
