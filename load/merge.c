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

/* Names a report as messages do: cut, so that there is space for the rest. */
#define NAME "%.40s"

static lariat_status check_alone(const lr_load_merge_report *report,
                                 lariat_load_error *error) {
  const lariat_load_part *part = &report->result->facts.part;
  if (report->result->merged_count)
    return lr_load_fail(error, 0,
                        NAME " was merged already: give the reports of its "
                             "parts",
                        report->name);
  if (part->index >= part->count)
    return lr_load_fail(error, 0, NAME " is part %u of %u, which there is not",
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
    return lr_load_fail(error, 0,
                        NAME " is of another plan: %.26s, and not %.26s",
                        report->name, of_b, of_a);
  if (strcmp(a->target, b->target) != 0)
    return lr_load_fail(error, 0,
                        NAME " has another server: %.26s, and not %.26s",
                        report->name, b->target, a->target);
  if (a->timeout_ns != b->timeout_ns)
    return lr_load_fail(error, 0, NAME " has another --timeout than " NAME,
                        report->name, first->name);
  if (a->part.count != b->part.count)
    return lr_load_fail(
        error, 0, NAME " is one of %u parts, and " NAME " of %u", report->name,
        b->part.count, first->name, a->part.count);
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
    return lr_load_fail(error, 0,
                        NAME " and " NAME " are whole runs, without --part",
                        other->name, report->name);
  return lr_load_fail(error, 0, NAME " is part %u of %u, as " NAME " is",
                      report->name, part->index + 1, part->count, other->name);
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

static lariat_status read_source(const lariat_load_merge_source *source,
                                 lr_load_merge_report *report,
                                 lariat_load_error *error) {
  lariat_load_merge_source given = {.size = sizeof given};
  if (!source) return LARIAT_OK;
  if (source->size < sizeof source->size)
    return lr_load_fail(error, 0, "a source without its size");
  memcpy(&given, source,
         source->size < sizeof given ? source->size : sizeof given);
  if (given.name) snprintf(report->name, sizeof report->name, "%s", given.name);
  report->clock_ahead_ns = given.clock_ahead_ns;
  return LARIAT_OK;
}

lariat_status lariat_load_merge_add(lariat_load_merge *merge,
                                    const lariat_load_merge_source *source,
                                    const char *json, size_t length,
                                    lariat_load_error *error) {
  lr_load_merge_report report = {.clock_ahead_ns = 0};
  snprintf(report.name, sizeof report.name, "report %u", ++merge->tries);
  lariat_status status = read_source(source, &report, error);
  if (status == LARIAT_OK)
    status = lariat_load_result_parse(json, length, &report.result, error);
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
