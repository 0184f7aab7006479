/* SPDX-License-Identifier: MIT
 * run_options.c: defaults, and what makes no sense. */
#include "run_options.h"

#include <string.h>
#include <unistd.h>

#include "fault.h"
#include "schedule.h"
#include "source.h"

static const uint64_t second_ns = 1000000000;

lariat_load_run_options lariat_load_run_defaults(void) {
  return (lariat_load_run_options){.size = sizeof(lariat_load_run_options),
                                   .connections = 50,
                                   .warm_up_ns = 2 * second_ns,
                                   .timeout_ns = 10 * second_ns,
                                   .http_version = 11,
                                   .streams = 1};
}

static lariat_status copy_options(const lariat_load_run_options *given,
                                  lariat_load_run_options *options,
                                  lariat_load_error *error) {
  memset(options, 0, sizeof *options);
  if (!given || given->size < sizeof given->size)
    return lr_load_fail(error, 0, "options without their size");
  memcpy(options, given,
         given->size < sizeof *given ? given->size : sizeof *given);
  options->size = sizeof *options;
  return LARIAT_OK;
}

static unsigned default_reactors(void) {
  long cpus = sysconf(_SC_NPROCESSORS_ONLN);
  return cpus > 2 ? (unsigned)cpus - 1 : 1;
}

/* Replaces each 0 by what it stands for. */
static void complete_options(lariat_load_run_options *options) {
  if (!options->reactors) options->reactors = default_reactors();
  if (!options->connections) options->connections = 50;
  if (!options->timeout_ns) options->timeout_ns = 10 * second_ns;
  if (!options->connect_timeout_ns)
    options->connect_timeout_ns = options->timeout_ns;
  if (!options->http_version) options->http_version = 11;
  if (!options->streams) options->streams = 1;
  if (!options->part.count) options->part.count = 1;
}

/* Has no more threads than there are connections for. */
static void limit_reactors(lariat_load_run_options *options) {
  unsigned most = lr_load_run_options_connections(options);
  if (options->reactors > most) options->reactors = most;
}

static lariat_status check_options(const lariat_load_run_options *options,
                                   lariat_load_error *error) {
  lr_load_schedule *schedule;
  if (!options->requests || !lr_load_requests_origins(options->requests))
    return lr_load_fail(error, 0, "no requests");
  if (options->http_version != 11 && options->http_version != 20)
    return lr_load_fail(error, 0, "no such version of HTTP");
  if (options->streams > 100 || options->connections > 1000000)
    return lr_load_fail(error, 0,
                        "more than 100 streams on a connection, or "
                        "more than 1,000,000 connections");
  if (options->connect_rate_per_s < 0)
    return lr_load_fail(error, 0, "a connection rate below 0");
  if (options->part.index >= options->part.count)
    return lr_load_fail(error, 0, "part %u of %u (they are counted from 0)",
                        options->part.index, options->part.count);
  if (!lr_load_run_options_connections(options))
    return lr_load_fail(error, 0,
                        "part %u of %u has none of the %u connections: a "
                        "closed test has a user for each",
                        options->part.index + 1, options->part.count,
                        options->connections);
  lariat_status status =
      lr_load_schedule_new(options, options->part, &schedule, error);
  lr_load_schedule_free(schedule);
  return status;
}

lariat_status lr_load_run_options_read(const lariat_load_run_options *given,
                                       lariat_load_run_options *out,
                                       lariat_load_error *error) {
  lariat_status status = copy_options(given, out, error);
  if (status != LARIAT_OK) return status;
  complete_options(out);
  status = check_options(out, error);
  limit_reactors(out);
  return status;
}

unsigned
lr_load_run_options_connections(const lariat_load_run_options *options) {
  if (options->part.count <= 1 || lr_load_is_open(options))
    return options->connections;
  return (unsigned)lariat_load_part_size(options->part, options->connections);
}

unsigned lr_load_run_options_streams(const lariat_load_run_options *options) {
  return options->http_version == 20 ? options->streams : 1;
}

lariat_pool_options
lr_load_run_options_pool(const lariat_load_run_options *options) {
  lariat_pool_options pool =
      options->pool ? *options->pool : lariat_pool_defaults();
  unsigned connections = lr_load_run_options_connections(options);
  uint64_t slots =
      (uint64_t)connections * lr_load_run_options_streams(options) * 8;
  unsigned most = slots < UINT32_MAX ? (unsigned)slots : UINT32_MAX;
  pool.reactors = options->reactors;
  pool.max_jobs = most > 1024 ? most : 1024;
  pool.max_jobs_per_host = pool.max_jobs;
  pool.max_connections = pool.max_jobs;
  pool.max_connections_per_host =
      options->http_version == 20 ? (connections - 1) / options->reactors + 1
                                  : pool.max_jobs;
  pool.rate = pool.rate_per_host = 0;
  pool.delay_per_host_ms = 0;
  return pool;
}
