/* SPDX-License-Identifier: MIT
 * merge_verdict.c: one verdict of those of the parts: each fault is told once,
 * of the part that has it worst; and what is wrong with the parts together. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "memory.h"
#include "merge.h"
#include "reasons.h"
#include "units.h"
#include "verdict.h"

static __attribute__((format(printf, 4, 5))) void
add(lariat_load_verdict *verdict, lariat_load_validity validity,
    const char *code, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  lr_load_reasons_add(verdict, validity, code, format, arguments);
  va_end(arguments);
}

/* ---- Parts that are missing ---- */

/* Adds ", 3" or ", 5 to 9"; no more than there is space for. */
static void list_range(char *text, size_t capacity, uint32_t first,
                       uint32_t last) {
  size_t length = strlen(text);
  const char *comma = length ? ", " : "";
  if (length + 40 > capacity) {
    if (length + 6 <= capacity && text[length - 1] != '.')
      snprintf(text + length, capacity - length, ", ...");
    return;
  }
  if (first == last)
    snprintf(text + length, capacity - length, "%s%u", comma, first + 1);
  else
    snprintf(text + length, capacity - length, "%s%u to %u", comma, first + 1,
             last + 1);
}

/* Lists the parts that are missing; returns how many they are. */
static uint32_t list_missing(const lariat_load_merge *merge, char *text,
                             size_t capacity) {
  uint32_t next = 0;
  uint32_t parts = merge->reports[0].result->facts.part.count;
  text[0] = '\0';
  for (size_t i = 0; i <= merge->count; i++) {
    uint32_t there =
        i < merge->count ? merge->reports[i].result->facts.part.index : parts;
    if (there > next) list_range(text, capacity, next, there - 1);
    next = there + 1;
  }
  return parts - (uint32_t)merge->count;
}

static void judge_missing(const lariat_load_merge *merge,
                          lariat_load_verdict *verdict) {
  char list[140];
  uint32_t missing = list_missing(merge, list, sizeof list);
  if (missing)
    add(verdict, LARIAT_LOAD_INVALID, lr_load_limits[LR_LOAD_PART_MISSING].code,
        "there is no report of part%s %s of %u", missing == 1 ? "" : "s", list,
        merge->reports[0].result->facts.part.count);
}

/* ---- Starts ---- */

/* Compares the starts of those parts that had something to send. */
static void judge_starts(const lariat_load_merge *merge,
                         const lariat_load_result *result,
                         lariat_load_verdict *verdict) {
  const lr_load_merged *first = NULL;
  const lr_load_merged *last = NULL;
  for (size_t i = 0; i < result->merged_count; i++) {
    const lr_load_merged *part = &result->merged[i];
    if (lr_load_result_has_no_share(merge->reports[i].result)) continue;
    if (!first || part->began_ns < first->began_ns) first = part;
    if (!last || part->began_ns > last->began_ns) last = part;
  }
  if (!first) return;
  double apart = (double)last->began_ns - (double)first->began_ns;
  double ran = (double)result->facts.duration_ns;
  const lr_load_limit *limit = &lr_load_limits[LR_LOAD_STARTS_APART];
  if (!(apart > limit->invalid * ran)) return;
  add(verdict, LARIAT_LOAD_INVALID, limit->code,
      "part %u began %s after part %u: over 1 %% of the %s that they ran",
      last->part.index + 1, lr_load_show_duration((uint64_t)apart).text,
      first->part.index + 1,
      lr_load_show_duration(result->facts.duration_ns).text);
}

/* ---- What the parts say themselves ---- */

/* A reason that parts have, by its code. */
typedef struct shared {
  const lariat_load_reason *worst;
  uint32_t part; /* the first one of those which have it worst */
  size_t parts;  /* how many have it */
} shared;

static void note_reason(shared *list, size_t *count,
                        const lariat_load_reason *reason, uint32_t part) {
  size_t at = 0;
  while (at < *count && strcmp(list[at].worst->code, reason->code) != 0) at++;
  if (at == LR_LOAD_REASONS) return;
  if (at == *count) list[(*count)++] = (shared){reason, part, 0};
  list[at].parts++;
  if (reason->validity <= list[at].worst->validity) return;
  list[at].worst = reason;
  list[at].part = part;
}

static void tell_reason(const shared *told, lariat_load_verdict *verdict) {
  char others[40] = "";
  if (told->parts > 1)
    snprintf(others, sizeof others, " and %zu other%s", told->parts - 1,
             told->parts == 2 ? "" : "s");
  add(verdict, told->worst->validity, told->worst->code, "part %u%s: %s",
      told->part + 1, others, told->worst->message);
}

static void judge_parts(const lariat_load_merge *merge,
                        lariat_load_verdict *verdict) {
  shared list[LR_LOAD_REASONS];
  size_t count = 0;
  for (size_t i = 0; i < merge->count; i++) {
    lariat_load_result *result = merge->reports[i].result;
    if (lr_load_result_has_no_share(result)) continue;
    const lariat_load_verdict *of = lariat_load_result_verdict(result);
    if (of->validity > verdict->validity) verdict->validity = of->validity;
    for (size_t k = 0; k < of->reason_count; k++)
      note_reason(list, &count, &of->reasons[k], result->facts.part.index);
  }
  for (size_t i = 0; i < count; i++) tell_reason(&list[i], verdict);
}

lariat_status lr_load_merge_judge(const lariat_load_merge *merge,
                                  lariat_load_result *result) {
  lariat_load_verdict *verdict = lr_load_allocate(1, sizeof *verdict);
  if (!verdict) return LARIAT_ENOMEM;
  judge_missing(merge, verdict);
  judge_starts(merge, result, verdict);
  judge_parts(merge, verdict);
  lr_load_reasons_sort(verdict);
  result->verdict = verdict;
  return LARIAT_OK;
}
