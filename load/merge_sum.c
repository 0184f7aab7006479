/* SPDX-License-Identifier: MIT
 * merge_sum.c: one result out of those of the parts: sums, and one time line,
 * on which each part has its place by the wall clock. */
#include "merge.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "verdict.h"

#define SECOND_NS UINT64_C(1000000000)

/* Where the time line of the whole begins, on the clock of its instants: any
 * but 0, which is "not known". */
#define START_NS SECOND_NS

typedef struct sum {
  const lariat_load_merge *merge;
  lariat_load_result *result;
  int64_t start_ns; /* of the whole, since 1970 */
} sum;

static uint64_t larger(uint64_t a, uint64_t b) { return a > b ? a : b; }

/* ---- When parts began ---- */

/* Returns a - b, or the nearest that there is. */
static int64_t subtract(int64_t a, int64_t b) {
  int64_t difference;
  if (!__builtin_sub_overflow(a, b, &difference)) return difference;
  return a < b ? INT64_MIN : INT64_MAX;
}

/* Returns when a part began, by the clock that all are compared by. */
static int64_t find_started(const lr_load_merge_report *report) {
  return subtract(report->result->facts.started_at_ns, report->clock_ahead_ns);
}

/* Returns when it began, from the start of the whole: with it, where it had
 * nothing to send, and so may have ended before it began. */
static int64_t find_began(const sum *s, const lr_load_merge_report *report) {
  if (lr_load_result_has_no_share(report->result)) return 0;
  return subtract(find_started(report), s->start_ns);
}

/* Returns the agreed start, if all parts have the same; 0: there is none. */
static int64_t find_agreed(const lariat_load_merge *merge) {
  int64_t agreed = merge->reports[0].result->facts.start_at_ns;
  for (size_t i = 1; i < merge->count; i++)
    if (merge->reports[i].result->facts.start_at_ns != agreed) return 0;
  return agreed;
}

static uint64_t find_duration(const lariat_load_merge *merge) {
  uint64_t longest = 0;
  for (size_t i = 0; i < merge->count; i++)
    longest = larger(longest, merge->reports[i].result->facts.duration_ns);
  return longest;
}

/* Returns when the first part began that had something to send; 0: none had. */
static int64_t find_first(const lariat_load_merge *merge) {
  int64_t first = 0;
  bool found = false;
  for (size_t i = 0; i < merge->count; i++) {
    if (lr_load_result_has_no_share(merge->reports[i].result)) continue;
    int64_t started = find_started(&merge->reports[i]);
    if (!found || started < first) first = started;
    found = true;
  }
  return first;
}

/* Returns when the whole began: at the agreed start, where anybody was near to
 * it, else with the first part. */
static int64_t find_start(const lariat_load_merge *merge) {
  int64_t agreed = find_agreed(merge);
  int64_t first = find_first(merge);
  double late = (double)first - (double)agreed;
  double most =
      lr_load_limits[LR_LOAD_START_LATE].invalid * (double)find_duration(merge);
  return agreed && late > 0 && late <= most ? agreed : first;
}

/* ---- Facts ---- */

/* Empties a text that is not that of another part, too. */
static void keep_same(char *text, const char *other) {
  if (strcmp(text, other) != 0) text[0] = '\0';
}

static void add_facts(lariat_load_run_facts *to,
                      const lariat_load_run_facts *from) {
  to->tls |= from->tls;
  to->reactors += from->reactors;
  to->connections += from->connections;
  to->asked += from->asked;
  to->asked_per_s += from->asked_per_s;
  to->interrupted |= from->interrupted;
  to->stopped |= from->stopped;
  keep_same(to->lariat_version, from->lariat_version);
  keep_same(to->libcurl_version, from->libcurl_version);
  keep_same(to->machine, from->machine);
  keep_same(to->host, from->host);
}

static lariat_load_run_facts sum_facts(const sum *s) {
  const lariat_load_merge *merge = s->merge;
  lariat_load_run_facts facts = merge->reports[0].result->facts;
  for (size_t i = 1; i < merge->count; i++)
    add_facts(&facts, &merge->reports[i].result->facts);
  facts.part = (lariat_load_part){0, 1};
  facts.duration_ns = find_duration(merge);
  facts.started_at_ns = s->start_ns;
  facts.start_at_ns = find_agreed(merge);
  return facts;
}

/* ---- Classes ---- */

static bool has_name(const char *const *names, size_t count, const char *name) {
  for (size_t i = 0; i < count; i++)
    if (strcmp(names[i], name) == 0) return true;
  return false;
}

/* Lists the names of all classes, each once; "" is the first. */
static size_t list_names(const lariat_load_merge *merge, const char **names) {
  size_t count = 0;
  for (size_t i = 0; i < merge->count; i++) {
    const lariat_load_result *result = merge->reports[i].result;
    for (size_t k = 0; k < result->class_count; k++)
      if (!has_name(names, count, result->classes[k].name))
        names[count++] = result->classes[k].name;
  }
  return count;
}

static size_t find_class(const lariat_load_result *result, const char *name) {
  size_t at = 0;
  while (strcmp(result->classes[at].name, name) != 0) at++;
  return at;
}

/* Makes a result with nothing in it, and all classes. */
static lariat_status make_result(sum *s) {
  size_t most = 0;
  size_t reactors = 0;
  lariat_load_run_facts facts = sum_facts(s);
  for (size_t i = 0; i < s->merge->count; i++) {
    most += s->merge->reports[i].result->class_count;
    reactors += s->merge->reports[i].result->reactor_count;
  }
  const char **names = lr_load_allocate(most, sizeof *names);
  if (!names) return LARIAT_ENOMEM;
  size_t count = list_names(s->merge, names);
  lariat_status status =
      lr_load_result_new(&facts, names, count, (unsigned)reactors, &s->result);
  lariat_memory_release(names);
  if (status != LARIAT_OK) return status;
  s->result->reactor_count = 0; /* those that are filled */
  s->result->started_ns = START_NS;
  s->result->network.known = true;
  return LARIAT_OK;
}

static lariat_status add_class(lr_load_class *to, const lr_load_class *from) {
  lariat_status status = LARIAT_OK;
  for (unsigned i = 0; i < LARIAT_LOAD_OUTCOMES; i++)
    to->outcomes[i] += from->outcomes[i];
  for (unsigned i = 0; i < LARIAT_LOAD_MEASURES && status == LARIAT_OK; i++)
    if (from->histograms[i])
      status = lariat_histogram_add(to->histograms[i], from->histograms[i]);
  return status;
}

static lariat_status add_classes(lariat_load_result *to,
                                 const lariat_load_result *from) {
  lariat_status status = LARIAT_OK;
  for (size_t i = 0; i < from->class_count && status == LARIAT_OK; i++)
    status =
        add_class(&to->classes[i ? find_class(to, from->classes[i].name) : 0],
                  &from->classes[i]);
  return status;
}

/* ---- Instants ---- */

/* Returns an instant of a part on the clock of the whole; 0, which is none,
 * stays that. */
static uint64_t move(const lr_load_merge_report *report, int64_t began_ns,
                     uint64_t at_ns) {
  uint64_t started_ns = report->result->started_ns;
  if (!at_ns) return 0;
  return START_NS + (uint64_t)began_ns +
         (at_ns > started_ns ? at_ns - started_ns : 0);
}

static void add_ends(sum *s, const lr_load_merge_report *report,
                     int64_t began_ns) {
  for (unsigned i = 0; i < LARIAT_LOAD_OUTCOMES; i++) {
    lr_load_ends ends = report->result->ends[i];
    ends.first_ns = move(report, began_ns, ends.first_ns);
    ends.last_ns = move(report, began_ns, ends.last_ns);
    lr_load_ends_add(&s->result->ends[i], &ends);
  }
}

static void add_slowest(sum *s, const lr_load_merge_report *report,
                        int64_t began_ns) {
  const lariat_load_result *from = report->result;
  for (size_t i = 0; i < from->slowest_count; i++) {
    lr_load_sample sample = from->slowest[i];
    uint64_t *const instants[] = {&sample.intended_ns,   &sample.free_ns,
                                  &sample.sent_ns,       &sample.arrived_ns,
                                  &sample.first_byte_ns, &sample.read_ns};
    for (size_t k = 0; k < sizeof instants / sizeof instants[0]; k++)
      *instants[k] = move(report, began_ns, *instants[k]);
    size_t class = find_class(s->result, from->classes[sample.name].name);
    sample.name = class <= UINT16_MAX ? (uint16_t) class : 0;
    lr_load_result_keep_slow(s->result, &sample);
  }
}

/* ---- Around the runs ---- */

static void add_surroundings(lr_load_surroundings *to,
                             const lr_load_surroundings *from,
                             int64_t began_ns) {
  if (from->gap_ns > to->gap_ns) {
    to->gap_ns = from->gap_ns;
    to->gap_at_ns = from->gap_at_ns + (uint64_t)began_ns;
  }
  if (fabs((double)from->clock_step_ns) > fabs((double)to->clock_step_ns))
    to->clock_step_ns = from->clock_step_ns;
}

static void add_network(lr_load_network *to, const lr_load_network *from) {
  to->known &= from->known;
  to->retransmits += from->retransmits;
  to->timeouts += from->timeouts;
  to->listen_drops += from->listen_drops;
}

static void add_reactors(lariat_load_result *to,
                         const lariat_load_result *from) {
  for (size_t i = 0; i < from->reactor_count; i++)
    to->reactors[to->reactor_count++] = from->reactors[i];
}

/* ---- The parts beside each other ---- */

static void read_threads(const lariat_load_result *from, lr_load_merged *row) {
  for (size_t i = 0; i < from->reactor_count; i++) {
    const lr_load_reactor *reactor = &from->reactors[i];
    double elapsed =
        fmax((double)reactor->time.elapsed_ns, LR_LOAD_WAIT_SHORTEST_NS);
    row->cpu_most =
        fmax(row->cpu_most, (double)reactor->busiest_second_cpu_ns / 1e9);
    if (!reactor->time.wait_unknown)
      row->wait_most =
          fmax(row->wait_most, (double)reactor->time.wait_ns / elapsed);
  }
}

static uint64_t read_p99(const lariat_load_result *from,
                         lariat_load_measure measure) {
  const lariat_histogram *histogram = from->classes[0].histograms[measure];
  uint64_t value = lariat_histogram_percentile(histogram, 99);
  uint64_t max = lariat_histogram_max(histogram);
  return value < max ? value : max;
}

static lr_load_merged describe_part(const sum *s,
                                    const lr_load_merge_report *report) {
  lariat_load_result *from = report->result;
  const lariat_load_run_facts *facts = &from->facts;
  lr_load_merged row = {
      .part = facts->part,
      .validity = lariat_load_result_verdict(from)->validity,
      .started_at_ns = facts->started_at_ns,
      .clock_ahead_ns = report->clock_ahead_ns,
      .began_ns = find_began(s, report),
      .duration_ns = facts->duration_ns,
      .reactors = facts->reactors,
      .connections = facts->connections,
      .sent = from->counts.sent,
      .answered = from->counts.outcomes[LARIAT_LOAD_ANSWERED],
      .failed = lr_load_sum_failures(from->counts.outcomes),
      .response_p99_ns = read_p99(from, LARIAT_LOAD_RESPONSE),
      .late_p99_ns = read_p99(from, LARIAT_LOAD_LATE),
  };
  memcpy(row.name, report->name, sizeof row.name);
  memcpy(row.host, facts->host, sizeof row.host);
  memcpy(row.machine, facts->machine, sizeof row.machine);
  read_threads(from, &row);
  return row;
}

static lariat_status describe_parts(sum *s) {
  size_t count = s->merge->count;
  s->result->merged = lr_load_allocate(count, sizeof *s->result->merged);
  if (!s->result->merged) return LARIAT_ENOMEM;
  s->result->merged_count = count;
  for (size_t i = 0; i < count; i++)
    s->result->merged[i] = describe_part(s, &s->merge->reports[i]);
  return LARIAT_OK;
}

/* ---- All ---- */

static lariat_status add_report(sum *s, const lr_load_merge_report *report) {
  lariat_load_result *to = s->result;
  const lariat_load_result *from = report->result;
  int64_t began_ns = find_began(s, report);
  lr_load_counts_add(&to->counts, &from->counts);
  to->lost += from->lost;
  for (unsigned i = 0; i < LR_LOAD_STATUSES; i++)
    to->statuses[i] += from->statuses[i];
  add_ends(s, report, began_ns);
  add_slowest(s, report, began_ns);
  add_surroundings(&to->surroundings, &from->surroundings, began_ns);
  if (!lr_load_result_has_no_share(from))
    add_network(&to->network, &from->network);
  add_reactors(to, from);
  return add_classes(to, from);
}

lariat_status lr_load_merge_sum(const lariat_load_merge *merge,
                                lariat_load_result **out) {
  sum s = {.merge = merge, .start_ns = find_start(merge)};
  *out = NULL;
  lariat_status status = make_result(&s);
  for (size_t i = 0; i < merge->count && status == LARIAT_OK; i++)
    status = add_report(&s, &merge->reports[i]);
  if (status == LARIAT_OK) status = describe_parts(&s);
  if (status == LARIAT_OK) status = lr_load_merge_seconds(merge, s.result);
  *out = s.result;
  return status;
}
