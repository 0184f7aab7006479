/* SPDX-License-Identifier: MIT
 * merge.c: reports are read, and refused where they do not belong together. */
#include "merge.h"

#include <stdio.h>
#include <string.h>

#include <lariat/load/report.h>

#include "fault.h"
#include "memory.h"

/* ---- Life ---- */

lariat_status lariat_load_merge_new(lariat_load_merge **out) {
  *out = lr_load_allocate(1, sizeof **out);
  return *out ? LARIAT_OK : LARIAT_ENOMEM;
}

void lariat_load_merge_free(lariat_load_merge *merge) {
  if (!merge) return;
  for (size_t i = 0; i < merge->count; i++)
    lariat_load_result_free(merge->reports[i].result);
  lariat_memory_release(merge->reports);
  lariat_memory_release(merge);
}

/* ---- What belongs together ---- */

static lariat_status check_alone(const lr_load_merge_report *report,
                                 lariat_load_error *error) {
  const lariat_load_part *part = &report->result->facts.part;
  if (report->result->merged_count)
    return lr_load_fail(error, 0,
                        "%s was merged already: give the reports of its "
                        "parts",
                        report->name);
  if (part->index >= part->count)
    return lr_load_fail(error, 0, "%s is part %u of %u, which there is not",
                        report->name, part->index + 1, part->count);
  return LARIAT_OK;
}

/* Compares the plans of two reports: the hash leaves out what does not decide
 * when what is sent. */
static lariat_status check_plan(const lr_load_merge_report *first,
                                const lr_load_merge_report *report,
                                lariat_load_error *error) {
  const lariat_load_run_facts *a = &first->result->facts;
  const lariat_load_run_facts *b = &report->result->facts;
  const char *of_a = a->plan, *of_b = b->plan;
  if (strcmp(a->plan, b->plan) == 0) {
    of_a = a->plan_hash;
    of_b = b->plan_hash;
  }
  if (strcmp(of_a, of_b) != 0)
    return lr_load_fail(error, 0, "%s is of another plan: %.30s, and not %.30s",
                        report->name, of_b, of_a);
  if (strcmp(a->target, b->target) != 0)
    return lr_load_fail(error, 0, "%s has another server: %.30s, and not %.30s",
                        report->name, b->target, a->target);
  if (a->timeout_ns != b->timeout_ns)
    return lr_load_fail(error, 0, "%s has another --timeout than %s",
                        report->name, first->name);
  if (a->part.count != b->part.count)
    return lr_load_fail(error, 0, "%s is one of %u parts, and %s of %u",
                        report->name, b->part.count, first->name,
                        a->part.count);
  return LARIAT_OK;
}

/* Returns the place of a part among those there are. */
static size_t find_place(const lariat_load_merge *merge, uint32_t part) {
  size_t low = 0;
  size_t end = merge->count;
  while (low < end) {
    size_t middle = low + (end - low) / 2;
    if (merge->reports[middle].result->facts.part.index < part)
      low = middle + 1;
    else
      end = middle;
  }
  return low;
}

static lariat_status check_part(const lariat_load_merge *merge, size_t place,
                                const lr_load_merge_report *report,
                                lariat_load_error *error) {
  const lariat_load_part *part = &report->result->facts.part;
  const lr_load_merge_report *other = &merge->reports[place];
  if (place == merge->count || other->result->facts.part.index != part->index)
    return LARIAT_OK;
  if (part->count == 1)
    return lr_load_fail(error, 0, "%s and %s are whole runs, without --part",
                        other->name, report->name);
  return lr_load_fail(error, 0, "%s is part %u of %u, as %s is", report->name,
                      part->index + 1, part->count, other->name);
}

static lariat_status check_report(const lariat_load_merge *merge, size_t place,
                                  const lr_load_merge_report *report,
                                  lariat_load_error *error) {
  lariat_status status = check_alone(report, error);
  if (status != LARIAT_OK || !merge->count) return status;
  status = check_plan(&merge->reports[0], report, error);
  return status == LARIAT_OK ? check_part(merge, place, report, error) : status;
}

/* ---- Adding ---- */

static bool grow(lariat_load_merge *merge) {
  if (merge->count < merge->capacity) return true;
  size_t capacity = merge->capacity * 2 + 8;
  lr_load_merge_report *reports =
      lariat_memory_resize(merge->reports, capacity * sizeof *reports);
  if (!reports) return false;
  merge->reports = reports;
  merge->capacity = capacity;
  return true;
}

/* Adds a report that was read, whose result is the merge's then. */
static lariat_status add_report(lariat_load_merge *merge,
                                lr_load_merge_report *report,
                                lariat_load_error *error) {
  lariat_load_part *part = &report->result->facts.part;
  if (!part->count && !part->index) part->count = 1;
  size_t place = find_place(merge, part->index);
  lariat_status status = check_report(merge, place, report, error);
  if (status != LARIAT_OK) return status;
  if (!grow(merge)) return LARIAT_ENOMEM;
  lr_load_result_settle(report->result);
  lr_load_merge_report *to = &merge->reports[place];
  memmove(to + 1, to, (merge->count - place) * sizeof *to);
  *to = *report;
  merge->count++;
  return LARIAT_OK;
}

/* Names a report for messages, which are short: by the end of a long path. */
static void copy_name(lr_load_merge_report *report, const char *name) {
  enum { MOST = 36 };
  size_t length = strlen(name);
  if (length <= MOST)
    snprintf(report->name, sizeof report->name, "%s", name);
  else
    snprintf(report->name, sizeof report->name, "...%s",
             name + length - (MOST - 3));
}

static lariat_status read_source(const lariat_load_merge_source *source,
                                 lr_load_merge_report *report,
                                 lariat_load_error *error) {
  lariat_load_merge_source given = {.size = sizeof given};
  if (!source) return LARIAT_OK;
  if (source->size < sizeof source->size)
    return lr_load_fail(error, 0, "%s: a source without its size",
                        report->name);
  memcpy(&given, source,
         source->size < sizeof given ? source->size : sizeof given);
  if (given.name) copy_name(report, given.name);
  report->clock_ahead_ns = given.clock_ahead_ns;
  return LARIAT_OK;
}

/* Reads the result, or says, by the report's name, what is wrong with it. */
static lariat_status parse(lr_load_merge_report *report, const char *json,
                           size_t length, lariat_load_error *error) {
  lariat_load_error fault = {.byte = 0};
  lariat_status status =
      lariat_load_result_parse(json, length, &report->result, &fault);
  return status == LARIAT_EINVAL ? lr_load_fail(error, fault.byte, "%s: %.80s",
                                                report->name, fault.message)
                                 : status;
}

lariat_status lariat_load_merge_add(lariat_load_merge *merge,
                                    const lariat_load_merge_source *source,
                                    const char *json, size_t length,
                                    lariat_load_error *error) {
  lr_load_merge_report report = {.clock_ahead_ns = 0};
  snprintf(report.name, sizeof report.name, "report %u", ++merge->tries);
  lariat_status status = read_source(source, &report, error);
  if (status == LARIAT_OK) status = parse(&report, json, length, error);
  if (status == LARIAT_OK) status = add_report(merge, &report, error);
  if (status != LARIAT_OK) lariat_load_result_free(report.result);
  return status;
}

/* ---- The result ---- */

lariat_status lariat_load_merge_finish(const lariat_load_merge *merge,
                                       lariat_load_result **out) {
  if (!out) return LARIAT_EINVAL;
  *out = NULL;
  if (!merge->count) return LARIAT_EINVAL;
  lariat_status status = lr_load_merge_sum(merge, out);
  if (status == LARIAT_OK) status = lr_load_merge_judge(merge, *out);
  if (status == LARIAT_OK) return LARIAT_OK;
  lariat_load_result_free(*out);
  *out = NULL;
  return status;
}
