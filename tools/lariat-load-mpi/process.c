/* SPDX-License-Identifier: MIT
 * process.c: its place by MPI, its part by the run loop of `lariat load`. */
#include "process.h"

#include <lariat/coroutine.h>
#include <lariat/load/facts.h>
#include <lariat/load/plan.h>
#include <lariat/load/report.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "load/run_options.h"
#include "say.h"

/* MPI's functions want more than a coroutine has by default. */
enum { STACK_BYTES = 1024 * 1024 };

#define MS_NS UINT64_C(1000000)

/* ---- Its place ---- */

static void find_neighbours(struct process *process) {
  MPI_Comm machine;
  MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, process->rank,
                      MPI_INFO_NULL, &machine);
  MPI_Comm_size(machine, &process->neighbours);
  MPI_Allreduce(&process->rank, &process->first, 1, MPI_INT, MPI_MIN, machine);
  MPI_Comm_free(&machine);
}

void process_init(struct process *process) {
  memset(process, 0, sizeof *process);
  run_loop_init(&process->loop, &process->own);
  MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
  MPI_Comm_rank(MPI_COMM_WORLD, &process->rank);
  MPI_Comm_size(MPI_COMM_WORLD, &process->size);
  find_neighbours(process);
  if (gethostname(process->host, sizeof process->host - 1) != 0)
    process->host[0] = '\0';
  if (process->rank == 0)
    snprintf(process->speaker, sizeof process->speaker, "lariat-load-mpi");
  else
    snprintf(process->speaker, sizeof process->speaker,
             "lariat-load-mpi: rank %d on %s", process->rank, process->host);
  say_as(process->speaker);
}

/* ---- The command line ---- */

static bool is_standard(const char *path) {
  return path && strcmp(path, "-") == 0;
}

/* Tells whether users send the requests, who are shared by the processes. */
static bool is_closed(const struct load_settings *settings) {
  return !settings->amount.stage_count && !load_settings_has_instants(settings);
}

/* Refuses what a single process can do alone. */
static bool check_shared(const struct load_settings *settings, int size) {
  const struct load_input_settings *input = &settings->input;
  const char *data = settings->request.data;
  if (settings->amount.part_text)
    say("leave --part out: each process has a part of its own");
  else if (is_closed(settings) &&
           settings->connections.connections < (unsigned)size)
    say("%d processes cannot share %u users: see --connections", size,
        settings->connections.connections);
  else if (size == 1)
    return true;
  else if (input->piped || is_standard(input->list) ||
           is_standard(input->har) || is_standard(input->replay) ||
           is_standard(input->variables) || (data && !strcmp(data, "@-")))
    say("requests cannot come from standard input or a pipe, which one "
        "process alone could read: give a file that all of them see");
  else if (is_standard(settings->output.paths[LOAD_HDR]))
    say("--hdr cannot be standard output: each process has a log of its own");
  else
    return true;
  return false;
}

/* Returns how many threads send if nobody says it: the CPUs that this process
 * may use, less one; where its neighbours may use them, too, its share. */
static unsigned default_reactors(const struct process *process) {
  cpu_set_t allowed;
  long online = sysconf(_SC_NPROCESSORS_ONLN);
  long cpus = sched_getaffinity(0, sizeof allowed, &allowed) == 0
                  ? CPU_COUNT(&allowed)
                  : online;
  if (cpus >= online) cpus = online / process->neighbours;
  return cpus > 2 ? (unsigned)cpus - 1 : 1;
}

/* Makes the settings of its part: no view, and no file but its own log. */
static void set_own(struct process *process) {
  const char *hdr = process->settings.output.paths[LOAD_HDR];
  struct load_settings *own = &process->own;
  *own = process->settings;
  memset(own->output.paths, 0, sizeof own->output.paths);
  own->output.quiet = true;
  own->amount.part =
      (lariat_load_part){(uint32_t)process->rank, (uint32_t)process->size};
  if (!own->amount.reactors) own->amount.reactors = default_reactors(process);
  if (!hdr) return;
  snprintf(process->hdr_path, sizeof process->hdr_path,
           process->size == 1 ? "%s" : "%s.%d", hdr, process->rank);
  own->output.paths[LOAD_HDR] = process->hdr_path;
}

bool process_read(struct process *process, int argc, char **argv) {
  struct load_settings *settings = &process->settings;
  if (!load_settings_read(settings, argc, argv)) {
    fputs("Try \"lariat-load-mpi --help\".\n", stderr);
    return false;
  }
  if (settings->action >= LOAD_VERSION) return true;
  if (!check_shared(settings, process->size)) return false;
  set_own(process);
  return true;
}

/* ---- Set-up ---- */

/* Finds the number that stands for all that would be sent. */
static int read_plan(struct process *process) {
  lariat_pool_options pool;
  lariat_load_plan *plan = NULL;
  lariat_load_error error = {.message = "out of memory"};
  lariat_load_run_options options =
      load_run_options(&process->own, process->loop.targets.requests, &pool);
  if (lariat_load_plan_new(&options, &plan, &error) != LARIAT_OK) {
    say("%s", error.message);
    return EXIT_USAGE;
  }
  snprintf(process->plan_hash, sizeof process->plan_hash, "%s",
           lariat_load_plan_facts(plan)->plan_hash);
  lariat_load_plan_free(plan);
  return EXIT_ALL;
}

int process_open(struct process *process) {
  int code = run_loop_open(&process->loop);
  return code == EXIT_ALL ? read_plan(process) : code;
}

void process_close(struct process *process) {
  if (process_is_running(process)) return;
  (void)run_loop_close(&process->loop);
  load_settings_free(&process->settings);
}

/* ---- The coroutine ---- */

struct start {
  struct process *process;
  lariat_coroutine_body body;
  void *context;
};

static lariat_value stop_reactor(lariat_value result, void *context) {
  struct process *process = context;
  if (lariat_is_failure(result))
    say("cannot go on: %s", lariat_failure_message(result));
  (void)lariat_reactor_stop(process->loop.reactor);
  return lariat_value_drop(result);
}

static void start_body(void *context) {
  const struct start *start = context;
  struct process *process = start->process;
  lariat_coroutine_options options = {
      .size = sizeof options, .name = "run", .stack_bytes = STACK_BYTES};
  lariat_deferred_release(lariat_deferred_add_both(
      lariat_coroutine_start_with(process->loop.reactor, start->body,
                                  start->context, &options),
      stop_reactor, process));
}

void process_run(struct process *process, lariat_coroutine_body body,
                 void *context) {
  struct start start = {process, body, context};
  process->loop.ready = start_body;
  process->loop.context = &start;
  run_loop_run(&process->loop);
}

/* ---- Its part of the run ---- */

uint64_t process_now_ns(const struct process *process) {
  return lariat_reactor_now_ns(process->loop.reactor);
}

int process_start(struct process *process, int64_t start_at_ns) {
  process->loop.start_at_ns = start_at_ns;
  int code = run_loop_make(&process->loop);
  if (code == EXIT_ALL) run_loop_start(&process->loop);
  return code;
}

bool process_is_running(const struct process *process) {
  return process->loop.phase == RUN_RUNNING;
}

void process_stop(struct process *process, bool at_once) {
  if (!process_is_running(process)) return;
  for (; process->stops < (at_once ? 2 : 1); process->stops++)
    lariat_load_run_stop(process->loop.run);
  if (!process->grace_ns)
    process->grace_ns = process_now_ns(process) + GRACE_MS * MS_NS;
}

void process_end_grace(struct process *process) {
  if (process->grace_ns && process_now_ns(process) >= process->grace_ns)
    process_stop(process, true);
}

bool process_is_news_due(struct process *process) {
  uint64_t now_ns = process_now_ns(process);
  if (now_ns < process->news_ns) return false;
  process->news_ns = now_ns + NEWS_MS * MS_NS;
  return true;
}

/* Returns the result so far; NULL: there is no run. */
static lariat_load_result *result_of(const struct process *process) {
  return process->loop.run ? lariat_load_run_result(process->loop.run) : NULL;
}

uint64_t process_failures(const struct process *process) {
  const lariat_load_result *result = result_of(process);
  uint64_t failures = 0;
  for (unsigned i = LARIAT_LOAD_ANSWERED + 1;
       result && i < LARIAT_LOAD_OUTCOMES; i++)
    failures += lariat_load_result_outcomes(result, i);
  return failures;
}

bool process_ended_early(const struct process *process) {
  const lariat_load_result *result = result_of(process);
  if (!result || process->loop.outcome != LARIAT_OK) return true;
  const lariat_load_run_facts *facts = lariat_load_result_facts(result);
  return facts->interrupted || facts->stopped;
}

char *process_write_result(const struct process *process, size_t *length) {
  lariat_load_result *result = result_of(process);
  char *text = NULL;
  if (!result || process->loop.phase != RUN_ENDED ||
      process->loop.outcome != LARIAT_OK ||
      lariat_load_report_write(result, NULL, LARIAT_LOAD_JSON, &text, length) !=
          LARIAT_OK)
    return NULL;
  return text;
}

/* Completes the log of histograms, if there is one. */
static int write_log(struct process *process) {
  lariat_load_result *result = result_of(process);
  struct load_outputs *outputs = &process->loop.outputs;
  if (result) load_outputs_write(outputs, result, NULL);
  return outputs->files[LOAD_HDR].failed ? EXIT_SOME : EXIT_ALL;
}

int process_finish(struct process *process) {
  process_stop(process, true);
  for (int i = 0; i < GRACE_MS && process_is_running(process); i++)
    message_pause(PAUSE_MS);
  return process_is_running(process) ? EXIT_SOME : write_log(process);
}
