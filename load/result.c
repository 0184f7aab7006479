/* SPDX-License-Identifier: MIT
 * result.c: what all reactors measured, added up: the whole run, its classes,
 * its seconds. */
#include "result.h"

#include <string.h>

#include <lariat/allocator.h>

/* How many seconds wait for the reactors that have not told of them. */
enum { WINDOW = 3 };

/* Intervals that are shorter say nothing of a busiest second. */
#define SHORTEST_NS UINT64_C(500000000)

/* A second that is not complete. */
typedef struct pending_second {
  lr_load_second row;
  lariat_histogram *histograms[LARIAT_LOAD_MEASURES];
} pending_second;

/* `seconds[s % WINDOW]` is second s of those from `first` to before `end`.
 * `last` are the histograms of the one that was completed last. */
struct lr_load_pending {
  pending_second seconds[WINDOW];
  lariat_histogram *last[LARIAT_LOAD_MEASURES];
  uint64_t first;
  uint64_t end;
};

/* ---- Making one ---- */

static void *allocate_zero(size_t bytes) {
  void *memory = lariat_memory_allocate(bytes);
  if (memory) memset(memory, 0, bytes);
  return memory;
}

static char *copy_text(const char *text) {
  size_t bytes = strlen(text) + 1;
  char *copy = lariat_memory_allocate(bytes);
  if (copy) memcpy(copy, text, bytes);
  return copy;
}

/* Makes the histograms of the whole, or those that each class has. */
static lariat_status make_histograms(lariat_histogram **histograms,
                                     bool whole) {
  lariat_status status = LARIAT_OK;
  for (unsigned i = 0; i < LARIAT_LOAD_MEASURES && status == LARIAT_OK; i++)
    if (whole || lr_load_measure_of_classes((lariat_load_measure)i))
      status = lariat_histogram_new(&histograms[i]);
  return status;
}

static void free_histograms(lariat_histogram **histograms) {
  for (unsigned i = 0; i < LARIAT_LOAD_MEASURES; i++)
    lariat_histogram_free(histograms[i]);
}

static lariat_status make_class(lr_load_class *class, const char *name,
                                bool whole) {
  class->name = copy_text(name);
  return class->name ? make_histograms(class->histograms, whole)
                     : LARIAT_ENOMEM;
}

static lariat_status make_classes(lariat_load_result *result,
                                  const char *const *names, size_t count) {
  lariat_status status = LARIAT_OK;
  result->classes = allocate_zero(count * sizeof(*result->classes));
  if (!result->classes) return LARIAT_ENOMEM;
  result->class_count = count;
  for (size_t i = 0; i < count && status == LARIAT_OK; i++)
    status = make_class(&result->classes[i], names[i], i == 0);
  return status;
}

static lariat_status make_pending(lariat_load_result *result) {
  lariat_status status = LARIAT_OK;
  result->pending = allocate_zero(sizeof(*result->pending));
  if (!result->pending) return LARIAT_ENOMEM;
  for (size_t i = 0; i < WINDOW && status == LARIAT_OK; i++)
    status = make_histograms(result->pending->seconds[i].histograms, true);
  if (status != LARIAT_OK) return status;
  return make_histograms(result->pending->last, true);
}

static lariat_status make_parts(lariat_load_result *result,
                                const char *const *names, size_t name_count,
                                unsigned reactors) {
  result->reactors = allocate_zero(reactors * sizeof(*result->reactors));
  if (!result->reactors) return LARIAT_ENOMEM;
  result->reactor_count = reactors;
  lariat_status status = make_classes(result, names, name_count);
  return status == LARIAT_OK ? make_pending(result) : status;
}

lariat_status lr_load_result_new(const lariat_load_run_facts *facts,
                                 const char *const *names, size_t name_count,
                                 unsigned reactors, lariat_load_result **out) {
  *out = NULL;
  lariat_load_result *result = allocate_zero(sizeof(*result));
  if (!result) return LARIAT_ENOMEM;
  result->facts = *facts;
  lariat_status status = make_parts(result, names, name_count, reactors);
  if (status == LARIAT_OK)
    *out = result;
  else
    lariat_load_result_free(result);
  return status;
}

static void free_classes(lariat_load_result *result) {
  for (size_t i = 0; i < result->class_count; i++) {
    free_histograms(result->classes[i].histograms);
    lariat_memory_release(result->classes[i].name);
  }
  lariat_memory_release(result->classes);
}

static void free_pending(lr_load_pending *pending) {
  if (!pending) return;
  for (size_t i = 0; i < WINDOW; i++)
    free_histograms(pending->seconds[i].histograms);
  free_histograms(pending->last);
  lariat_memory_release(pending);
}

void lr_load_result_settle(lariat_load_result *result) {
  free_pending(result->pending);
  result->pending = NULL;
}

void lariat_load_result_free(lariat_load_result *result) {
  if (!result) return;
  free_classes(result);
  free_pending(result->pending);
  lariat_memory_release(result->seconds);
  lariat_memory_release(result->reactors);
  lariat_memory_release(result->verdict);
  lariat_memory_release(result->told);
  lariat_memory_release(result->merged);
  lariat_memory_release(result);
}

/* ---- Rows ---- */

static uint64_t larger(uint64_t a, uint64_t b) { return a > b ? a : b; }

/* Makes one row of each two that are of one span of twice their length. */
static void halve_rows(lariat_load_result *result) {
  lr_load_second *rows = result->seconds;
  uint32_t span = 2 * rows[0].span_s;
  size_t kept = 0;
  for (size_t i = 0; i < result->second_count; i++) {
    uint32_t start = rows[i].second - rows[i].second % span;
    bool same = kept && rows[kept - 1].second == start;
    if (same) {
      lr_load_second_join(&rows[kept - 1], &rows[i]);
      continue;
    }
    rows[kept] = rows[i];
    rows[kept].second = start;
    rows[kept++].span_s = span;
  }
  result->second_count = kept;
}

/* Gets memory for one more row: half as many again, up to the most. */
static bool grow_rows(lariat_load_result *result) {
  if (result->second_count < result->second_capacity) return true;
  if (result->second_capacity >= LR_LOAD_MOST_ROWS) {
    halve_rows(result);
    return true;
  }
  size_t capacity = result->second_capacity + result->second_capacity / 2 + 64;
  if (capacity > LR_LOAD_MOST_ROWS) capacity = LR_LOAD_MOST_ROWS;
  lr_load_second *rows =
      lariat_memory_resize(result->seconds, capacity * sizeof(*rows));
  if (!rows) return false;
  result->seconds = rows;
  result->second_capacity = capacity;
  return true;
}

/* Returns the row that a second is part of; NULL: there is none. */
static lr_load_second *find_row(lariat_load_result *result, uint64_t second) {
  for (size_t i = result->second_count; i > 0; i--) {
    lr_load_second *row = &result->seconds[i - 1];
    if (row->second <= second)
      return second < (uint64_t)row->second + row->span_s ? row : NULL;
  }
  return NULL;
}

/* Adds a row behind all others, or to the last one if that has its second. */
static lariat_status add_row(lariat_load_result *result, lr_load_second *row) {
  if (!grow_rows(result)) return LARIAT_ENOMEM;
  lr_load_second *last = find_row(result, row->second);
  if (last) {
    lr_load_second_join(last, row);
    return LARIAT_OK;
  }
  if (result->second_count) row->span_s = result->seconds[0].span_s;
  row->second -= row->second % row->span_s;
  result->seconds[result->second_count++] = *row;
  return LARIAT_OK;
}

/* ---- Seconds ---- */

static pending_second *slot_of(lr_load_pending *pending, uint64_t second) {
  return &pending->seconds[second % WINDOW];
}

static void clear_slot(pending_second *slot, uint64_t second) {
  slot->row = (lr_load_second){.second = (uint32_t)second, .span_s = 1};
  for (unsigned i = 0; i < LARIAT_LOAD_MEASURES; i++)
    if (lariat_histogram_count(slot->histograms[i]))
      lariat_histogram_reset(slot->histograms[i]);
}

static void read_percentiles(pending_second *slot) {
  const lariat_histogram *response = slot->histograms[LARIAT_LOAD_RESPONSE];
  const lariat_histogram *late = slot->histograms[LARIAT_LOAD_LATE];
  slot->row.p50_ns = lariat_histogram_percentile(response, 50);
  slot->row.p90_ns = lariat_histogram_percentile(response, 90);
  slot->row.p99_ns = lariat_histogram_percentile(response, 99);
  slot->row.max_ns = lariat_histogram_max(response);
  slot->row.late_p99_ns = lariat_histogram_percentile(late, 99);
}

static void exchange_histograms(lariat_histogram **a, lariat_histogram **b) {
  for (unsigned i = 0; i < LARIAT_LOAD_MEASURES; i++) {
    lariat_histogram *was = a[i];
    a[i] = b[i];
    b[i] = was;
  }
}

/* Completes the first second that is pending.  A second of which nobody told
 * has no row. */
static lariat_status complete_first(lariat_load_result *result) {
  lr_load_pending *pending = result->pending;
  pending_second *slot = slot_of(pending, pending->first++);
  lariat_status status = LARIAT_OK;
  if (!slot->row.reactors) return LARIAT_OK;
  uint32_t second = slot->row.second;
  read_percentiles(slot);
  status = add_row(result, &slot->row);
  exchange_histograms(slot->histograms, pending->last);
  if (result->on_second)
    result->on_second(result->on_second_context, result, second);
  return status;
}

/* Makes `second` one of those that are pending. */
static lariat_status open_second(lariat_load_result *result, uint64_t second) {
  lr_load_pending *pending = result->pending;
  lariat_status status = LARIAT_OK;
  while (pending->first < pending->end && second >= pending->first + WINDOW) {
    lariat_status completed = complete_first(result);
    if (completed != LARIAT_OK) status = completed;
  }
  if (pending->first == pending->end && second >= pending->end + WINDOW)
    pending->first = pending->end = second;
  for (; pending->end <= second; pending->end++)
    clear_slot(slot_of(pending, pending->end), pending->end);
  return status;
}

static lariat_status complete_told(lariat_load_result *result) {
  lr_load_pending *pending = result->pending;
  lariat_status status = LARIAT_OK;
  while (pending->first < pending->end && status == LARIAT_OK &&
         slot_of(pending, pending->first)->row.reactors >=
             result->reactor_count)
    status = complete_first(result);
  return status;
}

/* A report may be written while the run goes on, and is judged then. */
void lr_load_result_forget_verdict(lariat_load_result *result) {
  lariat_memory_release(result->verdict);
  result->verdict = NULL;
}

void lr_load_result_finish(lariat_load_result *result) {
  lr_load_pending *pending = result->pending;
  while (pending->first < pending->end)
    if (complete_first(result) != LARIAT_OK) result->lost++;
}

void lr_load_result_on_second(lariat_load_result *result,
                              lariat_load_on_second on_second, void *context) {
  result->on_second = on_second;
  result->on_second_context = context;
}

/* ---- Adding ---- */

static void add_time(lr_load_thread_time *to, const lr_load_thread_time *from) {
  to->elapsed_ns += from->elapsed_ns;
  to->cpu_ns += from->cpu_ns;
  to->wait_ns += from->wait_ns;
  to->wait_unknown |= from->wait_unknown;
}

/* Returns the thread's time on its CPU, as if the interval were a second. */
static uint64_t cpu_of_second(const lr_load_thread_time *time) {
  if (time->elapsed_ns < SHORTEST_NS) return 0;
  return (uint64_t)((double)time->cpu_ns * 1e9 / (double)time->elapsed_ns);
}

static void add_reactor(lariat_load_result *result,
                        const lr_load_interval_rest *rest,
                        const lr_load_thread_time *time) {
  if (rest->reactor >= result->reactor_count) return;
  lr_load_reactor *reactor = &result->reactors[rest->reactor];
  add_time(&reactor->time, time);
  reactor->busiest_second_cpu_ns =
      larger(reactor->busiest_second_cpu_ns, cpu_of_second(time));
}

static void add_to_row(lr_load_second *row, bool open,
                       const lr_load_counts *counts,
                       const lr_load_thread_time *time) {
  row->reactors++;
  if (open) row->asked += (double)counts->intended;
  row->sent += counts->sent;
  row->answered += counts->outcomes[LARIAT_LOAD_ANSWERED];
  row->failed += lr_load_sum_failures(counts->outcomes);
  row->bytes_received += counts->bytes_received;
  row->connections += counts->connections;
  row->cpu_most_ns = larger(row->cpu_most_ns, time->cpu_ns);
  row->wait_most_ns = larger(row->wait_most_ns, time->wait_ns);
}

static void add_slowest(lariat_load_result *result, lr_load_interval *interval,
                        const lr_load_interval_rest *rest) {
  for (size_t i = 0; i < rest->slowest_count; i++)
    lr_load_result_keep_slow(result, &rest->slowest[i]);
  if (result->slowest_count == LR_LOAD_SLOWEST)
    lr_load_interval_set_floor(
        interval,
        lr_load_sample_response(&result->slowest[LR_LOAD_SLOWEST - 1]));
}

/* Adds a measure of a class to the class, the whole, and the second (NULL: it
 * was completed). */
static lariat_status add_measure(lariat_load_result *result,
                                 const lr_load_interval *interval, size_t name,
                                 lariat_load_measure measure,
                                 pending_second *second) {
  lr_load_class *classes = result->classes;
  lariat_status status = lr_load_interval_merge(interval, name, measure,
                                                classes[0].histograms[measure]);
  if (status == LARIAT_OK && name && classes[name].histograms[measure])
    status = lr_load_interval_merge(interval, name, measure,
                                    classes[name].histograms[measure]);
  if (status == LARIAT_OK && second)
    status = lr_load_interval_merge(interval, name, measure,
                                    second->histograms[measure]);
  return status;
}

static void add_outcomes(lariat_load_result *result, size_t name,
                         const uint64_t *outcomes) {
  for (unsigned i = 0; outcomes && i < LARIAT_LOAD_OUTCOMES; i++) {
    result->classes[0].outcomes[i] += outcomes[i];
    if (name) result->classes[name].outcomes[i] += outcomes[i];
  }
}

static lariat_status add_classes(lariat_load_result *result,
                                 const lr_load_interval *interval,
                                 pending_second *second) {
  lariat_status status = LARIAT_OK;
  for (size_t name = 0; name < result->class_count; name++) {
    add_outcomes(result, name, lr_load_interval_outcomes(interval, name));
    for (unsigned i = 0; i < LARIAT_LOAD_MEASURES && status == LARIAT_OK; i++)
      status =
          add_measure(result, interval, name, (lariat_load_measure)i, second);
  }
  return status;
}

static void add_rest(lariat_load_result *result,
                     const lr_load_interval_rest *rest) {
  result->lost += rest->lost;
  for (unsigned i = 0; i < LR_LOAD_STATUSES; i++)
    result->statuses[i] += rest->statuses[i];
  for (unsigned i = 0; i < LARIAT_LOAD_OUTCOMES; i++)
    lr_load_ends_add(&result->ends[i], &rest->ends[i]);
}

/* Adds the interval to the row of a second: a pending one, or a complete one,
 * whose percentiles stay. */
static void add_second(lariat_load_result *result,
                       const lr_load_interval *interval, uint64_t second,
                       pending_second *slot) {
  lr_load_second *row = slot ? &slot->row : find_row(result, second);
  if (row)
    add_to_row(row, result->facts.open, lr_load_interval_read_counts(interval),
               lr_load_interval_read_time(interval));
}

/* Returns the number of samples of an interval. */
static uint64_t count_samples(const lr_load_counts *counts) {
  return counts->outcomes[LARIAT_LOAD_ANSWERED] +
         lr_load_sum_failures(counts->outcomes);
}

bool lr_load_result_has_no_share(const lariat_load_result *result) {
  const lariat_load_run_facts *facts = &result->facts;
  const lr_load_counts *counts = &result->counts;
  return facts->part.index && !facts->interrupted && !facts->stopped &&
         !counts->intended && !counts->starved && !counts->sent &&
         !result->lost && !count_samples(counts);
}

lariat_status lr_load_result_add(lariat_load_result *result,
                                 lr_load_interval *interval) {
  lr_load_result_forget_verdict(result);
  lr_load_interval_rest rest;
  const lr_load_counts *counts = lr_load_interval_read_counts(interval);
  lr_load_interval_read(interval, &rest);
  lariat_status opened = open_second(result, rest.second);
  bool late = rest.second < result->pending->first;
  pending_second *slot = late ? NULL : slot_of(result->pending, rest.second);
  lr_load_counts_add(&result->counts, counts);
  add_rest(result, &rest);
  add_reactor(result, &rest, lr_load_interval_read_time(interval));
  add_second(result, interval, rest.second, slot);
  add_slowest(result, interval, &rest);
  lariat_status added = add_classes(result, interval, slot);
  if (added != LARIAT_OK) result->lost += count_samples(counts);
  lr_load_interval_forget(interval);
  lariat_status told = complete_told(result);
  if (opened != LARIAT_OK) return opened;
  return added != LARIAT_OK ? added : told;
}

/* ---- Reading ---- */

const lariat_histogram *
lariat_load_result_last_second(const lariat_load_result *result,
                               lariat_load_measure measure) {
  return result->pending->last[measure];
}
