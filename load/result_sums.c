/* SPDX-License-Identifier: MIT
 * result_sums.c: how the parts of results add up: counts and their sums, times
 * and their largest. */
#include "result.h"

#include <string.h>

static uint64_t larger(uint64_t a, uint64_t b) { return a > b ? a : b; }

uint64_t lr_load_sum_failures(const uint64_t outcomes[LARIAT_LOAD_OUTCOMES]) {
  uint64_t sum = 0;
  for (unsigned i = LARIAT_LOAD_ANSWERED + 1; i < LARIAT_LOAD_OUTCOMES; i++)
    sum += outcomes[i];
  return sum;
}

void lr_load_counts_add(lr_load_counts *to, const lr_load_counts *from) {
  for (unsigned i = 0; i < LARIAT_LOAD_OUTCOMES; i++)
    to->outcomes[i] += from->outcomes[i];
  to->intended += from->intended;
  to->sent += from->sent;
  to->bytes_sent += from->bytes_sent;
  to->bytes_received += from->bytes_received;
  to->connections += from->connections;
  to->stamped += from->stamped;
  to->unstamped += from->unstamped;
  to->queued += from->queued;
  to->unsent += from->unsent;
  to->starved += from->starved;
}

void lr_load_ends_add(lr_load_ends *to, const lr_load_ends *from) {
  if (!from->first_ns) return;
  if (!to->first_ns || from->first_ns < to->first_ns)
    to->first_ns = from->first_ns;
  to->last_ns = larger(to->last_ns, from->last_ns);
}

void lr_load_second_join(lr_load_second *row, const lr_load_second *next) {
  row->reactors = (uint32_t)larger(row->reactors, next->reactors);
  row->asked += next->asked;
  row->sent += next->sent;
  row->answered += next->answered;
  row->failed += next->failed;
  row->bytes_received += next->bytes_received;
  row->connections += next->connections;
  row->p50_ns = larger(row->p50_ns, next->p50_ns);
  row->p90_ns = larger(row->p90_ns, next->p90_ns);
  row->p99_ns = larger(row->p99_ns, next->p99_ns);
  row->max_ns = larger(row->max_ns, next->max_ns);
  row->late_p99_ns = larger(row->late_p99_ns, next->late_p99_ns);
  row->cpu_most_ns = larger(row->cpu_most_ns, next->cpu_most_ns);
  row->wait_most_ns = larger(row->wait_most_ns, next->wait_most_ns);
}

void lr_load_result_keep_slow(lariat_load_result *result,
                              const lr_load_sample *sample) {
  uint64_t response = lr_load_sample_response(sample);
  size_t at = result->slowest_count;
  while (at && lr_load_sample_response(&result->slowest[at - 1]) < response)
    at--;
  if (at == LR_LOAD_SLOWEST) return;
  if (result->slowest_count < LR_LOAD_SLOWEST) result->slowest_count++;
  memmove(&result->slowest[at + 1], &result->slowest[at],
          (result->slowest_count - at - 1) * sizeof(*sample));
  result->slowest[at] = *sample;
}
