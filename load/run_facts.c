/* SPDX-License-Identifier: MIT
 * run_facts.c: a plan as a sentence and as a number, and the machine as /proc
 * tells of it. */
#include "run_facts.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <lariat/version.h>

#include "hash.h"
#include "run_options.h"
#include "schedule.h"
#include "source.h"
#include "start.h"
#include "units.h"

/* ---- The plan ---- */

static const char *show_time(uint64_t ns, lr_load_amount *amount) {
  *amount = lr_load_show_duration(ns);
  return amount->text;
}

/* Says how long the plan is: its time, or its number of requests. */
static void describe_extent(const lariat_load_run_options *options,
                            uint64_t duration_ns, char *text, size_t capacity) {
  lr_load_amount amount;
  if (options->count)
    snprintf(text, capacity, ", %s requests",
             lr_load_show_count(options->count).text);
  else if (duration_ns != LARIAT_LOAD_ENDLESS_NS)
    snprintf(text, capacity, " for %s", show_time(duration_ns, &amount));
  else
    snprintf(text, capacity, ", without an end");
}

static void describe_closed(const lariat_load_run_options *options, char *text,
                            size_t capacity) {
  char extent[80];
  describe_extent(options, lr_load_plan_duration_ns(options), extent,
                  sizeof extent);
  snprintf(text, capacity, "closed, %s users%s",
           lr_load_show_count(options->connections).text, extent);
}

static const char *process_name(const lariat_load_run_options *options) {
  return options->process == LARIAT_LOAD_POISSON ? "Poisson" : "even";
}

static void describe_rates(const lariat_load_run_options *options, char *text,
                           size_t capacity) {
  const lariat_load_stage *first = &options->stages[0];
  const lariat_load_stage *last = &options->stages[options->stage_count - 1];
  if (options->stage_count == 1 && !(first->from_per_s < first->to_per_s) &&
      !(first->from_per_s > first->to_per_s))
    snprintf(text, capacity, "%s/s",
             lr_load_show_number(first->from_per_s).text);
  else
    snprintf(text, capacity, "%zu stages from %s/s to %s/s",
             options->stage_count, lr_load_show_number(first->from_per_s).text,
             lr_load_show_number(last->to_per_s).text);
}

static void describe_open(const lariat_load_run_options *options, char *text,
                          size_t capacity) {
  char rates[120], extent[80];
  if (options->stage_count == 0) {
    snprintf(text, capacity, "open, at the instants of the requests");
    return;
  }
  describe_rates(options, rates, sizeof rates);
  describe_extent(options, lr_load_plan_duration_ns(options), extent,
                  sizeof extent);
  snprintf(text, capacity, "open, %s %s%s", rates, process_name(options),
           extent);
}

static uint64_t hash_stages(const lariat_load_run_options *options,
                            uint64_t hash) {
  for (size_t i = 0; i < options->stage_count; i++) {
    const lariat_load_stage *stage = &options->stages[i];
    hash = lr_load_hash_number(hash, stage->duration_ns);
    hash = lr_load_hash_bytes(hash, &stage->from_per_s, sizeof(double));
    hash = lr_load_hash_bytes(hash, &stage->to_per_s, sizeof(double));
  }
  return hash;
}

/* Makes a number of all that decides what is sent; not of the part, so that the
 * parts of one plan have the same. */
static uint64_t hash_plan(const lariat_load_run_options *options) {
  uint64_t hash =
      hash_stages(options, lr_load_requests_hash(options->requests));
  hash = lr_load_hash_number(hash, options->process);
  hash = lr_load_hash_number(hash, options->seed);
  hash = lr_load_hash_number(hash, options->count);
  hash = lr_load_hash_number(hash, options->duration_ns);
  hash = lr_load_hash_number(hash, options->connection_requests);
  return lr_load_hash_number(hash, options->http_version);
}

/* ---- The servers ---- */

static void describe_target(const lariat_load_requests *requests,
                            lariat_load_run_facts *out) {
  size_t count = lr_load_requests_origins(requests);
  for (size_t i = 0; i < count; i++) {
    const char *url = lr_load_requests_origin(requests, i)->url;
    if (strncmp(url, "https:", 6) == 0) out->tls = true;
  }
  if (count == 0) return;
  const char *first = lr_load_requests_origin(requests, 0)->url;
  if (count == 1)
    snprintf(out->target, sizeof out->target, "%s", first);
  else
    snprintf(out->target, sizeof out->target, "%.200s and %zu other%s", first,
             count - 1, count == 2 ? "" : "s");
}

/* ---- The machine ---- */

/* Finds the name of the processor; "" where /proc/cpuinfo does not tell. */
static void read_processor(char *name, size_t capacity) {
  char line[256];
  name[0] = '\0';
  FILE *file = fopen("/proc/cpuinfo", "re");
  if (!file) return;
  while (!name[0] && fgets(line, sizeof line, file)) {
    if (strncmp(line, "model name", 10) != 0) continue;
    const char *value = strchr(line, ':');
    if (value) snprintf(name, capacity, "%s", value + 1 + (value[1] == ' '));
    name[strcspn(name, "\n")] = '\0';
  }
  fclose(file);
}

static void describe_machine(char *text, size_t capacity) {
  struct utsname system;
  char processor[64];
  long cpus = sysconf(_SC_NPROCESSORS_ONLN);
  read_processor(processor, sizeof processor);
  if (uname(&system) != 0) return;
  snprintf(text, capacity, "%s%s%ld CPU%s, %.20s %.32s", processor,
           processor[0] ? ", " : "", cpus, cpus == 1 ? "" : "s", system.sysname,
           system.release);
}

/* Reads the machine's name, cut if it is longer. */
static void read_host(char *name, size_t capacity) {
  if (gethostname(name, capacity) != 0) name[0] = '\0';
  name[capacity - 1] = '\0';
}

/* ---- All ---- */

void lr_load_facts_describe(const lariat_load_run_options *options,
                            lariat_load_run_facts *out) {
  *out = (lariat_load_run_facts){.open = lr_load_is_open(options),
                                 .process = options->process,
                                 .seed = options->seed,
                                 .part = options->part,
                                 .reactors = options->reactors,
                                 .connections =
                                     lr_load_run_options_connections(options),
                                 .start_at_ns = lr_load_start_agreed(options),
                                 .http_version = options->http_version,
                                 .timeout_ns = options->timeout_ns};
  if (out->open)
    describe_open(options, out->plan, sizeof out->plan);
  else
    describe_closed(options, out->plan, sizeof out->plan);
  snprintf(out->plan_hash, sizeof out->plan_hash, "%016llx",
           (unsigned long long)hash_plan(options));
  describe_target(options->requests, out);
  if (options->part.count > 1 || out->start_at_ns)
    read_host(out->host, sizeof out->host);
  describe_machine(out->machine, sizeof out->machine);
  snprintf(out->lariat_version, sizeof out->lariat_version, "%s",
           lariat_version());
  snprintf(out->libcurl_version, sizeof out->libcurl_version, "%s",
           lariat_libcurl_version());
}

/* Asks the plan for its mean rate in that time. */
static double mean_rate(const lariat_load_run_options *options,
                        uint64_t duration_ns) {
  const lariat_load_arrivals_options plan = {.size = sizeof plan,
                                             .stages = options->stages,
                                             .stage_count =
                                                 options->stage_count};
  lariat_load_arrivals *arrivals;
  if (lariat_load_arrivals_new(&plan, &arrivals, NULL) != LARIAT_OK) return 0;
  double before = lariat_load_arrivals_mean_before(arrivals, duration_ns);
  lariat_load_arrivals_free(arrivals);
  uint32_t parts = options->part.count ? options->part.count : 1;
  return before * 1e9 / (double)duration_ns / parts;
}

void lr_load_facts_ask(const lariat_load_run_options *options,
                       uint64_t duration_ns, uint64_t intended,
                       lariat_load_run_facts *facts) {
  facts->duration_ns = duration_ns;
  if (!facts->open || duration_ns == 0) return;
  facts->asked = intended;
  facts->asked_per_s = options->stage_count
                           ? mean_rate(options, duration_ns)
                           : (double)intended * 1e9 / (double)duration_ns;
}
