/* SPDX-License-Identifier: MIT
 * run_options.c: milliseconds become nanoseconds. */
#include "load/run_options.h"

#define MS_NS UINT64_C(1000000)

static void set_run_amount(const struct load_amount_settings *amount,
                           lariat_load_run_options *options) {
  options->stages = amount->stage_count ? amount->stages : NULL;
  options->stage_count = amount->stage_count;
  options->process = amount->process;
  options->seed = amount->seed;
  options->part = amount->part;
  options->count = amount->requests;
  options->duration_ns = amount->duration_ms * MS_NS;
  options->reactors = amount->reactors;
  options->warm_up_ns = amount->warm_up_ms * MS_NS;
  options->stop_at_failures = amount->stop_at_failures;
  options->start_at_ns = amount->start_at_ns;
}

static void
set_run_connections(const struct load_connection_settings *connections,
                    lariat_load_run_options *options) {
  options->connections = connections->connections;
  options->connection_requests =
      connections->no_keepalive ? 1 : connections->per_connection;
  options->connect_rate_per_s = connections->connect_rate;
  options->http_version = connections->http == 1 ? 20 : 11;
  options->streams = connections->streams;
  options->timeout_ns = connections->timeout_ms * MS_NS;
  options->connect_timeout_ns = connections->connect_timeout_ms * MS_NS;
}

lariat_load_run_options load_run_options(const struct load_settings *settings,
                                         const lariat_load_requests *requests,
                                         lariat_pool_options *pool) {
  lariat_load_run_options options = lariat_load_run_defaults();
  *pool = lariat_pool_defaults();
  load_settings_set_pool(settings, pool);
  set_run_amount(&settings->amount, &options);
  set_run_connections(&settings->connections, &options);
  options.requests = requests;
  options.pool = pool;
  return options;
}
