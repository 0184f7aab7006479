/* SPDX-License-Identifier: MIT
 * verdict.c: may a result be believed?  docs/load-verdict.md says why each
 * limit is what it is. */
#include "verdict.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <lariat/allocator.h>

#include "reasons.h"
#include "result.h"
#include "units.h"

#define MS 1e6

/* ---- Judging ---- */

typedef struct judge {
  const lariat_load_result *result;
  lariat_load_verdict *verdict;

  /* What several rules look at. */
  double asked;   /* requests by the plan; 0: closed */
  double missing; /* share of these that were not tried */
  double ended;   /* requests with an outcome */
  double busy;    /* share of a CPU that the busiest second of a thread had */
  double wait;    /* share of the run that a thread waited for a CPU */
  double held;    /* share that a thread was on a CPU, or waited for one */
  bool contended; /* a thread waited for much of what it wanted of a CPU */
  bool wait_unknown; /* there is no schedstat */
} judge;

static lariat_load_validity judge_value(lr_load_rule rule, double value) {
  if (value > lr_load_limits[rule].invalid) return LARIAT_LOAD_INVALID;
  return value > lr_load_limits[rule].suspect ? LARIAT_LOAD_SUSPECT
                                              : LARIAT_LOAD_VALID;
}

/* Adds a reason if the value is over a limit of the rule. */
static __attribute__((format(printf, 4, 5))) void
apply(judge *j, lr_load_rule rule, double value, const char *format, ...) {
  lariat_load_validity validity = judge_value(rule, value);
  if (validity == LARIAT_LOAD_VALID) return;
  va_list arguments;
  va_start(arguments, format);
  lr_load_reasons_add(j->verdict, validity, lr_load_limits[rule].code, format,
                      arguments);
  va_end(arguments);
}

/* Adds a reason that leaves the result valid. */
static __attribute__((format(printf, 3, 4))) void
note(judge *j, lr_load_rule rule, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  lr_load_reasons_add(j->verdict, LARIAT_LOAD_VALID, lr_load_limits[rule].code,
                      format, arguments);
  va_end(arguments);
}

/* ---- Figures ---- */

static double divide(double part, double whole) {
  return whole > 0 ? part / whole : 0;
}

static double count_outcomes(const judge *j, unsigned first, unsigned last) {
  uint64_t sum = 0;
  for (unsigned i = first; i <= last; i++) sum += j->result->counts.outcomes[i];
  return (double)sum;
}

/* Returns the requests that the generator did its part for: those that were
 * sent, and those for which there was no connection to be had. */
static double count_tried(const judge *j) {
  return (double)j->result->counts.sent +
         count_outcomes(j, LARIAT_LOAD_RESOLVE, LARIAT_LOAD_TLS_FAILED) +
         (double)j->result->counts.outcomes[LARIAT_LOAD_LOCAL];
}

static void read_reactor(judge *j, const lr_load_reactor *reactor) {
  double elapsed = (double)reactor->time.elapsed_ns;
  double cpu = (double)reactor->time.cpu_ns;
  double wait = reactor->time.wait_unknown ? 0 : (double)reactor->time.wait_ns;
  j->busy = fmax(j->busy, (double)reactor->busiest_second_cpu_ns / 1e9);
  double share = wait / fmax(elapsed, LR_LOAD_WAIT_SHORTEST_NS);
  j->wait = fmax(j->wait, share);
  j->contended |= share > LR_LOAD_WAIT_CONTENDED &&
                  wait > LR_LOAD_WAIT_OF_DEMAND * (cpu + wait);
  j->held = fmax(j->held, divide(cpu + wait, elapsed));
  j->wait_unknown |= reactor->time.wait_unknown;
}

static void read_figures(judge *j) {
  const lariat_load_result *result = j->result;
  if (result->facts.open)
    j->asked = (double)(result->facts.asked ? result->facts.asked
                                            : result->counts.intended);
  if (j->asked > 0)
    j->missing = fmax(0, (j->asked - count_tried(j)) / j->asked);
  j->ended = count_outcomes(j, 0, LARIAT_LOAD_OUTCOMES - 1);
  for (size_t i = 0; i < result->reactor_count; i++)
    read_reactor(j, &result->reactors[i]);
}

static double percentile(const judge *j, lariat_load_measure measure,
                         double percent) {
  return (double)lariat_histogram_percentile(
      j->result->classes[0].histograms[measure], percent);
}

static lr_load_amount show_ns(double ns) {
  return lr_load_show_duration((uint64_t)ns);
}

static lr_load_amount show_share(double share) {
  return lr_load_show_share(share, 1);
}

/* Returns a number of requests as so many a second. */
static lr_load_amount show_rate(const judge *j, double count) {
  return lr_load_show_number(
      divide(count * 1e9, (double)j->result->facts.duration_ns));
}

/* ---- What went on around the run ---- */

static bool has_answers(const judge *j) {
  return count_outcomes(j, LARIAT_LOAD_ANSWERED, LARIAT_LOAD_CHECK) > 0;
}

/* Returns the name of how most requests have failed. */
static const char *name_failure(const judge *j) {
  unsigned most = LARIAT_LOAD_STATUS;
  for (unsigned i = most; i < LARIAT_LOAD_OUTCOMES; i++)
    if (j->result->counts.outcomes[i] > j->result->counts.outcomes[most])
      most = i;
  return lariat_load_outcome_name((lariat_load_outcome)most);
}

static void judge_silence(judge *j) {
  if (!(j->ended > 0))
    apply(j, LR_LOAD_NO_ANSWER, 1, "no request has ended");
  else
    apply(j, LR_LOAD_NO_ANSWER, 1,
          "no answer at all: %s requests failed, most of them by \"%s\"",
          lr_load_show_count((uint64_t)j->ended).text, name_failure(j));
}

/* Times of nothing but failures are those of an error page: a path that is
 * misspelled, a login that has run out. */
static void judge_success(judge *j) {
  if (j->result->counts.outcomes[LARIAT_LOAD_ANSWERED]) return;
  apply(j, LR_LOAD_NO_SUCCESS, 1,
        "not one of %s requests succeeded, most failed by \"%s\"",
        lr_load_show_count((uint64_t)j->ended).text, name_failure(j));
}

static void judge_gap(judge *j) {
  const lr_load_surroundings *seen = &j->result->surroundings;
  apply(j, LR_LOAD_STOPPED, (double)seen->gap_ns / MS,
        "the process or its machine stood still for %s, %s after the start",
        lr_load_show_duration(seen->gap_ns).text,
        lr_load_show_duration(seen->gap_at_ns).text);
}

static void judge_clock(judge *j) {
  double step_ns = (double)j->result->surroundings.clock_step_ns;
  apply(j, LR_LOAD_CLOCK, fabs(step_ns) / MS,
        "the system's clock was set %s by %s during the run",
        step_ns < 0 ? "back" : "forward", show_ns(fabs(step_ns)).text);
}

static double share_starved(const judge *j) {
  double starved = (double)j->result->counts.starved;
  double due = (double)j->result->counts.intended;
  return due > 0 ? starved / due : starved;
}

/* Looks at a start that was agreed on with others: their parts of the load are
 * at other instants than meant. */
static void judge_start(judge *j) {
  const lariat_load_run_facts *facts = &j->result->facts;
  int64_t off_ns;
  if (!facts->start_at_ns ||
      __builtin_sub_overflow(facts->started_at_ns, facts->start_at_ns, &off_ns))
    return;
  double off = fabs((double)off_ns);
  apply(j, LR_LOAD_START_LATE, divide(off, (double)facts->duration_ns),
        "it began %s %s the agreed start: over 1 %% of the %s that it ran",
        show_ns(off).text, off_ns < 0 ? "before" : "after",
        lr_load_show_duration(facts->duration_ns).text);
}

static void judge_input(judge *j) {
  apply(j, LR_LOAD_STARVED, share_starved(j),
        "%s of %s requests were due before the input had brought them",
        lr_load_show_count(j->result->counts.starved).text,
        lr_load_show_count(j->result->counts.intended).text);
}

/* Counts time-outs alone: what was sent again without one came a round trip
 * later, and the counters are of all that this machine does. */
static void judge_network(judge *j) {
  const lr_load_network *network = &j->result->network;
  double waits = (double)(network->timeouts + network->listen_drops);
  apply(j, LR_LOAD_RETRANSMITS, divide(waits, j->ended),
        "TCP on this machine waited for time-outs %s times, and dropped %s "
        "connections at full listen queues: waits of 200 ms or more that are "
        "not the server's",
        lr_load_show_count(network->timeouts).text,
        lr_load_show_count(network->listen_drops).text);
}

static void judge_memory(judge *j) {
  uint64_t lost = j->result->lost;
  for (unsigned i = 0; i < LARIAT_LOAD_MEASURES; i++)
    lost += lariat_histogram_lost(j->result->classes[0].histograms[i]);
  apply(j, LR_LOAD_LOST, (double)lost,
        "out of memory: %s samples are not in all figures",
        lr_load_show_count(lost).text);
}

/* ---- The generator ---- */

/* Returns the lateness of sends at a percentile, as a part of what is
 * allowed. */
static double send_lateness(const judge *j, double percent) {
  double half = percentile(j, LARIAT_LOAD_RESPONSE, 50);
  double allowed = fmax(LR_LOAD_LATE_FLOOR_NS, LR_LOAD_LATE_PART * half);
  return percentile(j, LARIAT_LOAD_LATE, percent) / allowed;
}

/* Tells whether sends are late, or all but late, and waits for a CPU explain
 * it: they are half of all lateness, or more of the time than a thread at rest
 * waits. */
static bool explains_lateness(const judge *j) {
  const lariat_histogram *late =
      j->result->classes[0].histograms[LARIAT_LOAD_LATE];
  double sum =
      lariat_histogram_mean(late) * (double)lariat_histogram_count(late);
  double waited = j->wait * (double)j->result->facts.duration_ns;
  double lateness = send_lateness(j, LR_LOAD_WAIT_PERCENT);
  if (judge_value(LR_LOAD_SEND_LATE, lateness) == LARIAT_LOAD_VALID)
    return false;
  return waited >= LR_LOAD_WAIT_OF_LATE * sum || j->wait > LR_LOAD_WAIT_AT_REST;
}

static bool has_competitor(const judge *j) {
  return j->contended &&
         percentile(j, LARIAT_LOAD_LATE, 99) > LR_LOAD_LATE_CONTENDED_NS;
}

/* A hog whose slices delay a request now and then leaves most others alone. */
static double judged_wait(const judge *j) {
  double over = lr_load_limits[LR_LOAD_CPU_WAIT].suspect * 1.001;
  return explains_lateness(j) || has_competitor(j) ? fmax(j->wait, over)
                                                   : j->wait;
}

static void judge_wait(judge *j) {
  apply(j, LR_LOAD_CPU_WAIT, judged_wait(j),
        "a thread of the generator waited for a CPU in %s of the time",
        show_share(j->wait).text);
  if (j->wait_unknown)
    note(j, LR_LOAD_CPU_WAIT,
         "the time that threads waited for a CPU is not known: there is no "
         "/proc/thread-self/schedstat");
}

/* A closed run is meant to be busy. */
static void judge_busy(judge *j) {
  if (j->result->facts.open)
    apply(j, LR_LOAD_CPU_BUSY, j->busy,
          "a thread of the generator used %s of a CPU in its busiest second",
          show_share(j->busy).text);
  else if (j->held >= LR_LOAD_HELD)
    note(j, LR_LOAD_GENERATOR_LIMIT,
         "the generator was the limit, not the server: a thread of it ran or "
         "waited for a CPU in %s of the time",
         show_share(j->held).text);
}

static void judge_sends(judge *j) {
  double late = percentile(j, LARIAT_LOAD_LATE, 99);
  double over = send_lateness(j, 99);
  double allowed = over > 0 ? late / over : LR_LOAD_LATE_FLOOR_NS;
  apply(j, LR_LOAD_SEND_LATE, over,
        "p99 of the generator's own lateness in sending is %s, over %s",
        show_ns(late).text, show_ns(allowed).text);
}

/* Returns the share at a percentile; 0 if the difference is small. */
static double own_share(const judge *j, double percent) {
  double response = percentile(j, LARIAT_LOAD_RESPONSE, percent);
  double own = percentile(j, LARIAT_LOAD_CORRECTED, percent) - response;
  return own > LR_LOAD_OWN_FLOOR_NS && response > 0 ? own / response : 0;
}

static void judge_own_share(judge *j) {
  static const double percents[] = {50, 90, 99};
  double most = 0;
  double at = 0;
  if (!j->result->facts.open) return;
  for (size_t i = 0; i < sizeof(percents) / sizeof(percents[0]); i++) {
    double share = own_share(j, percents[i]);
    if (!(share > most)) continue;
    most = share;
    at = percents[i];
  }
  apply(j, LR_LOAD_OWN_SHARE, most,
        "the generator's own lateness would add %s to the p%.0f: %s with it, "
        "%s without, as reported",
        show_share(most).text, at,
        show_ns(percentile(j, LARIAT_LOAD_CORRECTED, at)).text,
        show_ns(percentile(j, LARIAT_LOAD_RESPONSE, at)).text);
}

static void judge_local_failures(judge *j) {
  uint64_t failures = j->result->counts.outcomes[LARIAT_LOAD_LOCAL];
  apply(j, LR_LOAD_LOCAL_FAILURES, divide((double)failures, j->ended),
        "%s requests failed for want of descriptors, ports or memory of this "
        "machine",
        lr_load_show_count(failures).text);
}

static void judge_stamps(judge *j) {
  const lr_load_counts *counts = &j->result->counts;
  double answers = (double)(counts->stamped + counts->unstamped);
  if (j->result->facts.tls || j->result->facts.http_version == 20) return;
  apply(j, LR_LOAD_UNSTAMPED, divide((double)counts->unstamped, answers),
        "%s of %s answers have no time stamp of the kernel: the generator's "
        "lateness in reading is in their response times",
        lr_load_show_count(counts->unstamped).text,
        lr_load_show_count((uint64_t)answers).text);
}

/* ---- The rate ---- */

/* Why a rate was missed. */
typedef enum rate_cause { GENERATOR, CONNECTIONS, INPUT, NOT_KNOWN } rate_cause;

/* Asks the input and the generator first: what they bring too late finds no
 * connection free, either. */
static rate_cause find_cause(const judge *j) {
  const lr_load_counts *counts = &j->result->counts;
  if (judge_value(LR_LOAD_STARVED, share_starved(j)) == LARIAT_LOAD_INVALID)
    return INPUT;
  if (j->held >= LR_LOAD_HELD ||
      judge_value(LR_LOAD_CPU_BUSY, j->busy) == LARIAT_LOAD_INVALID ||
      judge_value(LR_LOAD_CPU_WAIT, j->wait) == LARIAT_LOAD_INVALID)
    return GENERATOR;
  return divide((double)counts->queued, j->ended) >= 0.5 ? CONNECTIONS
                                                         : NOT_KNOWN;
}

static void judge_rate(judge *j, rate_cause cause) {
  static const char *const sentences[] = {
      [GENERATOR] = "the generator was the limit",
      [CONNECTIONS] = "the server had not answered on any of the connections",
      [INPUT] = "its input was too slow",
      [NOT_KNOWN] = "the generator was late",
  };
  double tried = count_tried(j);
  apply(j, LR_LOAD_RATE, j->missing, "asked %s/s and sent %s/s (%s): %s",
        show_rate(j, j->asked).text, show_rate(j, tried).text,
        show_share(tried / j->asked).text, sentences[cause]);
}

/* Tells whether the generator itself may be why requests waited: it was late
 * to see that a connection was free. */
static bool was_held_up(const judge *j) {
  double gap_ms = (double)j->result->surroundings.gap_ns / MS;
  return judge_value(LR_LOAD_CPU_WAIT, j->wait) != LARIAT_LOAD_VALID ||
         judge_value(LR_LOAD_CPU_BUSY, j->busy) != LARIAT_LOAD_VALID ||
         judge_value(LR_LOAD_STOPPED, gap_ms) != LARIAT_LOAD_VALID;
}

/* Returns the share of requests that waited for a busy connection: those that
 * one was opened for have waited for that, however many there may be. */
static double share_waited(const judge *j) {
  const lr_load_counts *counts = &j->result->counts;
  if (counts->queued <= counts->connections) return 0;
  return divide((double)(counts->queued - counts->connections), j->ended);
}

static void judge_connections(judge *j, rate_cause cause) {
  bool missed = j->missing > lr_load_limits[LR_LOAD_TOO_FEW].suspect;
  double waited = share_waited(j);
  if (missed ? cause != CONNECTIONS : cause == INPUT || was_held_up(j)) return;
  /* Of what was sent in the end no share of waits makes it INVALID. */
  double over = fmin(waited, lr_load_limits[LR_LOAD_TOO_FEW].invalid);
  apply(j, LR_LOAD_TOO_FEW, missed ? fmax(over, j->missing) : over,
        "%s of the requests waited for one of the %u connections, the p99 of "
        "all for %s, and %s were never sent",
        show_share(waited).text, j->result->facts.connections,
        show_ns(percentile(j, LARIAT_LOAD_QUEUE, 99)).text,
        lr_load_show_count(j->result->counts.unsent).text);
}

static void judge_schedule(judge *j) {
  if (!(j->asked > 0)) return;
  rate_cause cause = find_cause(j);
  judge_connections(j, cause);
  judge_rate(j, cause);
}

/* ---- The run ---- */

static void judge_length(judge *j) {
  double ran = (double)j->result->facts.duration_ns;
  double last = percentile(j, LARIAT_LOAD_RESPONSE, 99.9);
  double needed = LR_LOAD_SHORTEST_TIMES * last;
  if (!(ran > 0)) ran = 1;
  if (needed > LR_LOAD_SHORTEST_NS)
    apply(j, LR_LOAD_TOO_SHORT, needed / ran,
          "it ran for %s: less than %s, 5 times its p99.9", show_ns(ran).text,
          show_ns(needed).text);
  else
    apply(j, LR_LOAD_TOO_SHORT, LR_LOAD_SHORTEST_NS / ran,
          "it ran for %s: less than 3 s", show_ns(ran).text);
}

static void judge_end(judge *j) {
  apply(j, LR_LOAD_INTERRUPTED, j->result->facts.interrupted,
        "it was interrupted after %s",
        lr_load_show_duration(j->result->facts.duration_ns).text);
  apply(j, LR_LOAD_AT_FAILURES, j->result->facts.stopped,
        "it ended early, at the number of failures it was to stop at");
}

/* Names the stall of a closed run: its users did not ask meanwhile. */
static void judge_stall(judge *j) {
  const lariat_histogram *wire =
      j->result->classes[0].histograms[LARIAT_LOAD_WIRE];
  double longest = (double)lariat_histogram_max(wire);
  double p99 = percentile(j, LARIAT_LOAD_WIRE, 99);
  if (j->result->facts.open || longest < LR_LOAD_STALL_NS ||
      longest < LR_LOAD_STALL_TIMES * p99)
    return;
  note(j, LR_LOAD_STALL,
       "an answer took %s, the p99 is %s: the server stood still, and closed "
       "users do not ask meanwhile; with --rate such waits are in the figures",
       show_ns(longest).text, show_ns(p99).text);
}

/* Without an answer there is nothing that another fault could spoil. */
static void judge_all(judge *j) {
  if (!has_answers(j)) {
    if (lr_load_result_has_no_share(j->result))
      note(j, LR_LOAD_NO_SHARE, "nothing of the plan is this part's");
    else
      judge_silence(j);
    return;
  }
  judge_success(j);
  judge_gap(j);
  judge_clock(j);
  judge_start(j);
  judge_input(j);
  judge_schedule(j);
  judge_wait(j);
  judge_busy(j);
  judge_sends(j);
  judge_own_share(j);
  judge_local_failures(j);
  judge_memory(j);
  judge_stamps(j);
  judge_network(j);
  judge_length(j);
  judge_end(j);
  judge_stall(j);
  lr_load_reasons_sort(j->verdict);
}

/* The verdict of a result without memory for one. */
static const lariat_load_verdict out_of_memory = {
    .validity = LARIAT_LOAD_INVALID,
    .reason_count = 1,
    .reasons = {{LARIAT_LOAD_INVALID, "samples-lost",
                 "out of memory: it could not be judged"}},
};

const lariat_load_verdict *
lariat_load_result_verdict(lariat_load_result *result) {
  if (result->verdict) return result->verdict;
  lariat_load_verdict *verdict = lariat_memory_allocate(sizeof(*verdict));
  if (!verdict) return &out_of_memory;
  memset(verdict, 0, sizeof(*verdict));
  judge j = {.result = result, .verdict = verdict};
  read_figures(&j);
  judge_all(&j);
  result->verdict = verdict;
  return verdict;
}
