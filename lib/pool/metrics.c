/* SPDX-License-Identifier: MIT
 * metrics.c: a table of names.  Whoever adds a number to lariat_pool_stats adds
 * a row: a test looks. */
#include "pool/metrics.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "pool/pool.h"

/* ---- The pool ---- */

/* A number of lariat_pool_stats.  Rows of one name are one below the other, and
 * have one label; the first one has what they have in common. */
typedef struct metric_row {
  const char *name;
  size_t offset;
  const char *label; /* NULL: none */
  const char *value; /* of the label */
  lariat_metric_type type;
  const char *help;
} metric_row;

#define ROW(its_name, field, its_type, its_help)                               \
  {                                                                            \
    .name = "lariat_" its_name, .offset = offsetof(lariat_pool_stats, field),  \
    .type = LARIAT_METRIC_##its_type, .help = (its_help)                       \
  }
#define LABELLED(its_name, field, its_type, its_help, its_label, its_value)    \
  {                                                                            \
    .name = "lariat_" its_name, .offset = offsetof(lariat_pool_stats, field),  \
    .label = (its_label), .value = (its_value),                                \
    .type = LARIAT_METRIC_##its_type, .help = (its_help)                       \
  }
#define WAITING(field, reason)                                                 \
  LABELLED("jobs_waiting", field, GAUGE, "Queued jobs by what they wait for.", \
           "reason", reason)
#define REQUESTS(field, reason)                                                \
  LABELLED("requests", field, COUNTER,                                         \
           "Requests sent: by lariat itself (h1), else by libcurl, by why.",   \
           "reason", reason)

static const metric_row rows[] = {
    ROW("jobs_taken", jobs_taken, COUNTER, "Jobs that have come."),
    ROW("jobs_done", jobs_done, COUNTER, "Jobs that have ended, however."),
    ROW("jobs_queued", jobs_queued, GAUGE, "Jobs that wait in the pool."),
    ROW("jobs_running", jobs_running, GAUGE, "Jobs that have been started."),
    ROW("jobs_connecting", jobs_connecting, GAUGE,
        "Running jobs whose connection is being made."),
    ROW("jobs_receiving", jobs_receiving, GAUGE,
        "Running jobs whose answer has begun."),
    WAITING(jobs_waiting_host, "host"),
    WAITING(jobs_waiting_jobs, "jobs"),
    WAITING(jobs_waiting_rate, "rate"),
    WAITING(jobs_waiting_connection, "connection"),
    ROW("connections", connections, GAUGE, "Connections that are open."),
    ROW("connections_opened", connections_opened, COUNTER,
        "Connections that were begun, also in vain."),
    ROW("connections_reused", connections_reused, COUNTER,
        "Answers that came on a connection which was open."),
    ROW("lanes", lanes, GAUGE, "Multi handles of libcurl."),
    ROW("lanes_recycled", lanes_recycled, COUNTER,
        "Multi handles that were cleaned up and made anew."),
    ROW("addresses_denied", addresses_denied, COUNTER,
        "Connections that the rules for addresses have denied."),
    ROW("descriptor_shortages", descriptor_shortages, COUNTER,
        "Connections that were not opened for want of a descriptor."),
    ROW("desync_origins", desync_origins, COUNTER,
        "Origins that have sent what nobody asked for."),
    ROW("desync_connections", desync_connections, COUNTER,
        "Connections that were open when their origin was found to do so."),
    REQUESTS(requests_h1, "h1"),
    REQUESTS(requests_libcurl_only, "libcurl_only"),
    REQUESTS(requests_http2_asked, "http2_asked"),
    REQUESTS(requests_http2, "http2"),
    REQUESTS(requests_headers, "headers"),
    REQUESTS(requests_head_body, "head_body"),
    REQUESTS(requests_reuse_failed, "reuse_failed"),
    REQUESTS(requests_first_handshake, "first_handshake"),
    REQUESTS(requests_open_connection, "open_connection"),
    ROW("names_looked_up", names_looked_up, COUNTER,
        "Look-ups of names, whoever wanted them."),
    ROW("names_cached", names_cached, COUNTER,
        "Names that were known from an earlier look-up."),
    ROW("names_joined", names_joined, COUNTER,
        "Names that waited for a look-up which was another's."),
    ROW("names_stale", names_stale, COUNTER,
        "Names that were known too long, as their servers failed."),
    ROW("names_failed", names_failed, COUNTER,
        "Look-ups that found no address."),
    ROW("names_in_flight", names_in_flight, GAUGE,
        "Look-ups that have not ended."),
};

static uint64_t read_field(const void *stats, size_t offset) {
  uint64_t value;
  memcpy(&value, (const char *)stats + offset, sizeof value);
  return value;
}

void lr_metrics_visit_stats(const lariat_pool_stats *stats,
                            lariat_metric_visit visit, void *context) {
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    const lariat_metric_label label = {rows[i].label, rows[i].value};
    const lariat_metric metric = {
        .size = sizeof metric,
        .name = rows[i].name,
        .help = rows[i].help,
        .type = rows[i].type,
        .unit = "",
        .labels = rows[i].label ? &label : NULL,
        .label_count = rows[i].label != NULL,
        .value = (double)read_field(stats, rows[i].offset)};
    visit(&metric, context);
  }
}

/* ---- Reactors ---- */

/* A number of lariat_reactor_stats. */
typedef struct reactor_row {
  const char *name;
  const char *unit;
  const char *help;
  lariat_metric_type type;
  bool is_ns;
  size_t offset;
  size_t known; /* the offset of the flag that says so; 0: it always is */
} reactor_row;

#define FIELD(field) offsetof(lariat_reactor_stats, field)

static const reactor_row reactor_rows[] = {
    {"lariat_reactor_turns", "", "Turns of each reactor.",
     LARIAT_METRIC_COUNTER, false, FIELD(turns), 0},
    {"lariat_reactor_longest_turn_seconds", "seconds",
     "The longest turn of each reactor.", LARIAT_METRIC_GAUGE, true,
     FIELD(longest_turn_ns), 0},
    {"lariat_reactor_recent_turn_seconds", "seconds",
     "The longest turn of each reactor since this was read last.",
     LARIAT_METRIC_GAUGE, true, FIELD(recent_turn_ns), 0},
    {"lariat_reactor_cpu_seconds", "seconds",
     "CPU time of the thread of each reactor.", LARIAT_METRIC_COUNTER, true,
     FIELD(cpu_ns), FIELD(cpu_known)},
    {"lariat_reactor_cpu_wait_seconds", "seconds",
     "Time that the thread of each reactor was ready and had no CPU.",
     LARIAT_METRIC_COUNTER, true, FIELD(cpu_wait_ns), FIELD(cpu_wait_known)},
};

static bool is_known(const lariat_reactor_stats *stats,
                     const reactor_row *row) {
  return !row->known || *((const char *)stats + row->known);
}

static void visit_reactor(const lariat_reactor_stats *stats, unsigned index,
                          const reactor_row *row, lariat_metric_visit visit,
                          void *context) {
  char number[16];
  double value = (double)read_field(stats, row->offset);
  const lariat_metric_label label = {"reactor", number};
  snprintf(number, sizeof number, "%u", index);
  const lariat_metric metric = {.size = sizeof metric,
                                .name = row->name,
                                .help = row->help,
                                .type = row->type,
                                .unit = row->unit,
                                .labels = &label,
                                .label_count = 1,
                                .value = row->is_ns ? value / 1e9 : value};
  if (is_known(stats, row)) visit(&metric, context);
}

void lr_metrics_visit_reactors(const lariat_reactor_stats *stats,
                               unsigned count, lariat_metric_visit visit,
                               void *context) {
  for (size_t i = 0; i < sizeof reactor_rows / sizeof reactor_rows[0]; i++)
    for (unsigned k = 0; k < count; k++)
      visit_reactor(&stats[k], k, &reactor_rows[i], visit, context);
}

/* ---- All ---- */

lariat_status lariat_pool_metrics_walk(lariat_pool *pool,
                                       lariat_metric_visit visit,
                                       void *context) {
  lariat_pool_stats stats = {.size = sizeof stats};
  unsigned count = lariat_pool_reactors(pool);
  if (!visit) return LARIAT_EINVAL;
  lariat_reactor_stats *each = lr_alloc_zero(count * sizeof *each);
  if (!each) return LARIAT_ENOMEM;
  (void)lariat_pool_read_stats(pool, &stats);
  for (unsigned i = 0; i < count; i++) {
    each[i].size = sizeof each[i];
    (void)lariat_pool_read_reactor_stats(pool, i, &each[i]);
  }
  lr_metrics_visit_stats(&stats, visit, context);
  lr_metrics_visit_reactors(each, count, visit, context);
  lr_free(each);
  return LARIAT_OK;
}
